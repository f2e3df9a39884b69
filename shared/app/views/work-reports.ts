// Agents that run on members the hub has no credentials for write the status of their Works, and take the finalizer off when
// what a Work placed is gone. What they say is taken as what a worker of the hub would have observed.
import type { KubeObject } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'
import { WorkStatus } from '../../api/work.ts'
import { isReportedByAgent } from '../../domain/membership/agents.ts'
import { sortedKeys } from '../../domain/placement/canonical-json.ts'
import { agentObservation } from '../../domain/work/agent-report.ts'
import { ConflictError, InvalidInputError, NotFoundError } from '../../errors.ts'
import { rfc3339 } from '../commit.ts'
import { wakeFold } from '../wake.ts'
import { finish } from '../work/remove-work.ts'
import type { ViewNeeds } from './view.ts'

/** KubeFleet's finalizer of a Work: its member agent takes it off. */
export const workFinalizer = 'kubernetes-fleet.io/work-cleanup'

export interface ReportedWork {
  readonly cluster: string
  readonly placement: PlacementKey
  readonly name: string
  /** Names of all Works of the placement on the cluster. */
  readonly works: readonly string[]
}

/** Whether the works of a cluster are an agent's. */
export async function isAgents({ lists }: Pick<ViewNeeds, 'lists'>, cluster: string): Promise<boolean> {
  const found = (await lists.memberClusters()).find(({ metadata }) => metadata.name === cluster)
  return found !== undefined && isReportedByAgent(found)
}

/** Takes a write over. Throws InvalidInputError for anything an agent has no say in. */
export async function takeReport(
  needs: ViewNeeds,
  work: ReportedWork,
  object: KubeObject,
  old: KubeObject,
): Promise<void> {
  const { cluster, placement, name } = work
  if (!(await isAgents(needs, cluster)))
    throw new InvalidInputError(
      `Work ${name}: the hub itself works on cluster ${cluster}; only where an agent reports through InternalMemberCluster does it write the status of Works`,
    )
  if (fixedPart(object) !== fixedPart(old))
    throw new InvalidInputError(
      `Work ${name}: only its status and its finalizers may be written; the hub makes the rest`,
    )
  const { wanted, observed } = await needs.placements.readCluster(placement, cluster)
  if (!wanted) throw new NotFoundError(`works.placement.kubernetes-fleet.io "${name}" not found`)
  if (wanted.value.generation !== old.metadata.generation) throw new ConflictError(`Work ${name} was changed meanwhile`)
  if (wanted.value.deletedAt !== undefined && !object.metadata.finalizers?.includes(workFinalizer))
    return finish(needs, placement, { cluster, etag: wanted.etag })
  await note(needs, work, wanted.value, observed, WorkStatus.parse(object['status'] ?? {}))
}

async function note(
  { placements, bus, clock, settings }: ViewNeeds,
  { placement, name, works }: ReportedWork,
  wanted: Wanted,
  observed: { readonly value: Observed; readonly etag: string } | undefined,
  status: WorkStatus,
): Promise<void> {
  const row = agentObservation({ wanted, observed: observed?.value, name, works, status, now: rfc3339(clock.now()) })
  await placements.observe(placement, row, observed?.etag)
  await bus.send([wakeFold(placement, settings.coalesceMs)])
}

function fixedPart({ status: _, metadata, ...rest }: KubeObject): string {
  const { managedFields: _fields, resourceVersion: _version, finalizers: _finalizers, ...kept } = metadata
  return JSON.stringify(sortedKeys({ ...rest, metadata: kept }))
}
