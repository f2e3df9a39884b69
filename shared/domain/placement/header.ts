// What a pass over a placement makes of its header: snapshots of policy and resources, or why there are none.
import type { PlacementKey } from '../../api/message.ts'
import type { Placement, ResourceIdentifier } from '../../api/placement.ts'
import type { PlacementHeader, ResourceSnapshot } from '../../api/placement-record.ts'
import { sortedKeys } from './canonical-json.ts'
import type { ClientPolicy } from './client-policy.ts'
import { decidePolicySnapshot } from './policy-snapshot.ts'
import { type Debounce, decideResourceSnapshot, type SnapshotContent } from './resource-snapshot.ts'

export type PlacementContent =
  | { readonly error: string }
  /** No snapshot when the placement is rolled out from outside. */
  | { readonly resources: ResourceIdentifier[]; readonly snapshot?: SnapshotContent }

export interface HeaderInput {
  readonly placement: Placement
  readonly key: PlacementKey
  readonly stored: PlacementHeader | undefined
  readonly content: PlacementContent
  /** What another client wants, if one writes the policy snapshots. Nothing is selected then. */
  readonly client?: ClientPolicy | undefined
  /** Epoch milliseconds. */
  readonly now: number
  readonly debounce: Debounce
}

export interface HeaderDecision {
  readonly header: PlacementHeader
  readonly changed: boolean
  /** The scheduler, the rollout, has something to look at. */
  readonly schedule: boolean
  readonly rollout: boolean
  /** Until a change that is held back may become a snapshot; 0 when none is. */
  readonly waitMs: number
}

/** Snapshots kept when the placement does not say; KubeFleet's default. */
const defaultHistory = 10

/** The next header. A placement of the same name as one that is still being removed takes over where that one stands. */
export function nextHeader(input: HeaderInput): HeaderDecision {
  const base = baseHeader(input)
  if (input.client) return followed(base, input.client, input.stored)
  if ('error' in input.content) {
    const header = { ...base, selectionError: input.content.error }
    return { header, changed: differs(header, input.stored), schedule: false, rollout: false, waitMs: 0 }
  }
  const { policy, resources } = snapshotsOf(input, base, input.content.snapshot)
  const header: PlacementHeader = {
    ...base,
    policies: [...policy.snapshots],
    snapshots: taken(resources?.snapshots ?? base.snapshots, base.generation),
    ...(resources ? {} : { selected: input.content.resources }),
  }
  const renewed = header.generation !== input.stored?.generation || header.uid !== input.stored?.uid
  return {
    header,
    changed: differs(header, input.stored),
    schedule: policy.changed || renewed,
    rollout: resources?.changed === true || renewed,
    waitMs: resources?.waitMs ?? 0,
  }
}

/** A snapshot says which generation it was taken for; older ones of before this was noted stay as they are. */
function taken(snapshots: readonly ResourceSnapshot[], generation: number): ResourceSnapshot[] {
  return snapshots.map((snapshot, at) =>
    at === snapshots.length - 1 && snapshot.generation === undefined ? { ...snapshot, generation } : snapshot,
  )
}

/** The policy of another client: it makes the snapshots, the hub schedules. */
function followed(
  base: PlacementHeader,
  { latest }: ClientPolicy,
  stored: PlacementHeader | undefined,
): HeaderDecision {
  const header: PlacementHeader = { ...base, clientPolicy: latest }
  const changed = differs(header, stored)
  return { header, changed, schedule: changed, rollout: false, waitMs: 0 }
}

function baseHeader({ placement, key, stored, now }: HeaderInput): PlacementHeader {
  const known = stored && inherited(stored, placement)
  return {
    placement: key,
    uid: placement.metadata.uid ?? '',
    generation: placement.metadata.generation ?? 1,
    // Epochs rise across the lives of a placement: members remember the last one they saw.
    epoch: known?.epoch ?? Math.floor(now / 1000),
    policies: known?.policies ?? [],
    snapshots: known?.snapshots ?? [],
    ...(known?.scheduling && { scheduling: known.scheduling }),
    ...(known?.heldScheduling && { heldScheduling: known.heldScheduling }),
    ...(known?.decided && { decided: known.decided }),
    ...(known?.schedulingError !== undefined && { schedulingError: known.schedulingError }),
  }
}

function snapshotsOf(
  { placement, now, debounce }: HeaderInput,
  { generation, policies, snapshots }: PlacementHeader,
  content: SnapshotContent | undefined,
) {
  const common = {
    placement: placement.metadata.name ?? '',
    historyLimit: placement.spec.revisionHistoryLimit ?? defaultHistory,
  }
  const { policy } = placement.spec
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    policy: decidePolicySnapshot({ ...common, generation, policy, snapshots: policies, now: time }),
    resources: content && decideResourceSnapshot({ ...common, snapshots, content, now, debounce }),
  }
}

/**
 * What a placement finds of an earlier one with its name: history goes on, but neither its policy nor its content counts
 * as the current one, and its scheduling says nothing about this one.
 */
function inherited(stored: PlacementHeader, { metadata }: Placement): PlacementHeader {
  if (stored.uid === metadata.uid && stored.clientPolicy === undefined) return stored
  // A client's policy counted last: names of bindings may say its, so the hub goes on with a snapshot of a new name.
  if (stored.uid === metadata.uid) return { ...stored, policies: outdated(renumbered(stored)) }
  const { scheduling: _, schedulingError: __, ...rest } = stored
  return {
    ...rest,
    policies: outdated(stored.policies),
    snapshots: outdated(stored.snapshots),
  }
}

/** The newest of the hub's own policies with an index no smaller than the client's. */
function renumbered({ policies, clientPolicy }: PlacementHeader): PlacementHeader['policies'] {
  return policies.map((policy, at) =>
    at === policies.length - 1 ? { ...policy, index: Math.max(policy.index, clientPolicy?.index ?? 0) } : policy,
  )
}

function outdated<T extends { readonly hash: string }>(snapshots: readonly T[]): T[] {
  return snapshots.map((snapshot, at) => (at === snapshots.length - 1 ? { ...snapshot, hash: '' } : snapshot))
}

function differs(next: PlacementHeader, stored: PlacementHeader | undefined): boolean {
  return stored === undefined || JSON.stringify(sortedKeys(next)) !== JSON.stringify(sortedKeys(stored))
}
