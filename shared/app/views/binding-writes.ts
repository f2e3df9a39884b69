// What another client may do to bindings: one that writes the policy snapshots of a placement rolls it out itself, so it says
// which bindings are bound, and takes away those that are given up. Elsewhere bindings are the hub's.
import { BindingState } from '../../api/binding.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { PlacementHeader, Wanted } from '../../api/placement-record.ts'
import { sortedKeys } from '../../domain/placement/canonical-json.ts'
import { nextEpoch } from '../../domain/rollout/rows.ts'
import { isRolledOutByClient } from '../../domain/scheduler/rows.ts'
import { InvalidInputError } from '../../errors.ts'
import type { PlacementRecord, PlacementStore, Row } from '../../ports/placement-store.ts'
import { wakeFold, wakeSchedule } from '../wake.ts'

/** A binding and the record it is part of. */
export interface FoundBinding {
  readonly placement: PlacementKey
  readonly record: PlacementRecord
  readonly row: Row<Wanted>
}

/** Takes a new state over. Throws InvalidInputError for any other change. */
export async function changeState(
  placements: Pick<PlacementStore, 'commit'>,
  { placement, record, row }: FoundBinding,
  object: KubeObject,
  old: KubeObject,
): Promise<Wanted> {
  const { state, ...spec } = fields(object)
  const { state: _, ...before } = fields(old)
  if (JSON.stringify(sortedKeys(spec)) !== JSON.stringify(sortedKeys(before)))
    throw new InvalidInputError('spec: only the state of a binding can be changed')
  const wanted = BindingState.safeParse(state)
  if (!wanted.success)
    throw new InvalidInputError(
      `spec.state: ${JSON.stringify(state)}: must be one of ${BindingState.options.map((each) => JSON.stringify(each)).join(', ')}`,
    )
  if (wanted.data === row.value.state) return row.value
  const rows = record.wanted.map(({ value }) => value)
  const { previousState: __, ...rest } = row.value
  const next: Wanted = {
    ...rest,
    state: wanted.data,
    ...(wanted.data === 'Unscheduled' && { previousState: row.value.state }),
    generation: nextEpoch(record.header.value, rows),
  }
  const news = [wakeSchedule(placement), wakeFold(placement)]
  await placements.commit(placement, { wanted: [{ value: next, etag: row.etag }], news })
  return next
}

/** Takes a binding away; the scheduler looks whether its cluster is still wanted. */
export async function takeAway(
  placements: Pick<PlacementStore, 'commit'>,
  { placement, row }: FoundBinding,
): Promise<void> {
  await placements.commit(placement, {
    finished: [{ cluster: row.value.cluster, etag: row.etag }],
    news: [wakeSchedule(placement), wakeFold(placement)],
  })
}

/** Why bindings of a placement take no writes; undefined when they do. */
export function bindingRefusal(header: PlacementHeader): string | undefined {
  return isRolledOutByClient(header)
    ? undefined
    : 'the hub itself rolls this placement out: bindings can be changed only while another client does, by writing the policy snapshots'
}

function fields(object: KubeObject): Record<string, unknown> {
  return (object['spec'] ?? {}) as Record<string, unknown>
}
