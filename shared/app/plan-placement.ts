// What a placement would do if it were written now: which clusters and why, which objects, what would change where. Goes
// through the same decisions as the stages of the pipeline and writes nothing.
import type { ClusterReason } from '../api/decision.ts'
import type { KubeObject } from '../api/kube-object.ts'
import type { Placement, PlacementStatus, ResourceIdentifier } from '../api/placement.ts'
import { currentPolicy, type Observed, type PlacementHeader, type Wanted } from '../api/placement-record.ts'
import type { ClusterPlan, PlacementPlanStatus } from '../api/plan.ts'
import { heldMessage } from '../domain/guard/removal-guard.ts'
import { type Overrides, overridePicker } from '../domain/override/match.ts'
import { cleanObject } from '../domain/placement/clean-object.ts'
import { nextHeader, type PlacementContent } from '../domain/placement/header.ts'
import { countEnvelopes, groupHash } from '../domain/placement/resource-snapshot.ts'
import { identifierOf } from '../domain/placement/select.ts'
import { clusterPlan, type Target } from '../domain/plan/cluster-plan.ts'
import { summaryOf } from '../domain/plan/summary.ts'
import { fleetOf } from '../domain/scheduler/fleet.ts'
import { scheduleRecord } from '../domain/scheduler/schedule-record.ts'
import { mirrorProblem } from '../domain/status/namespace-mirror.ts'
import { type Rendered, renderManifests } from '../domain/work/render.ts'
import { mapAtOnce } from './at-once.ts'
import { rfc3339 } from './commit.ts'
import { placementKeyOf } from './fleet-lists.ts'
import { statusOf } from './fold-status.ts'
import { matchedOverrides, noOverrides } from './matched-overrides.ts'
import type { Platform } from './platform.ts'
import { heldStep } from './reconcile-placement.ts'
import { selectForPlacement } from './select-for-placement.ts'
import { renderWork } from './work/render-work.ts'

export type PlanNeeds = Pick<
  Platform,
  'objects' | 'placements' | 'payloads' | 'kinds' | 'namespaces' | 'lists' | 'clock' | 'ids' | 'settings'
>

/** A plan, and the status the placement would have once it is scheduled. */
export interface PlacementPlan {
  readonly plan: PlacementPlanStatus
  readonly status: PlacementStatus
}

/** Marks manifests that are in no store: the plan's own. */
const planned = 'planned'
/** Clusters rendered at once. */
const rendersAtOnce = 8

/** `placement` is valid and complete, as the API would store it. */
export async function planPlacement(platform: PlanNeeds, placement: Placement): Promise<PlacementPlan> {
  const key = placementKeyOf(placement)
  const now = platform.clock.now()
  const record = await platform.placements.read(key)
  const { content, manifests } = await contentOf(platform, placement)
  const stored = record?.header.value
  const percent = platform.settings.removalGuardPercent
  const held = heldStep({ placement, stored, content, now, percent })
  if (record && held) {
    const status = statusOf(placement, record, rfc3339(now))
    return { plan: refused(`held back: ${heldMessage(held, placement)}`), status }
  }
  const { header } = nextHeader({
    placement,
    key,
    stored: record?.header.value,
    content,
    client: record?.header.value.clientPolicy === undefined ? undefined : { latest: record.header.value.clientPolicy },
    now,
    // What is held back for a while comes all the same.
    debounce: { minimumIntervalMs: 0, collectionMs: 0 },
  })
  const before = (record?.wanted ?? []).map(({ value }) => value)
  const observed = record?.observed ?? []
  const policySnapshot = currentPolicy(header)
  if (header.selectionError !== undefined || !policySnapshot) {
    const status = statusOf(placement, recordOf(header, before, observed), rfc3339(now))
    return { plan: refused(header.selectionError ?? 'no policy snapshot'), status }
  }
  const { namespace, name } = placement.metadata
  const scheduled = scheduleRecord({
    placement: { name: name ?? '', namespace },
    policySnapshot,
    header,
    wanted: before,
    observed: new Map(observed.map(({ value }) => [value.cluster, value])),
    fleet: fleetOf(await platform.lists.memberClusters(), 'hubless'),
    now,
    limits: platform.settings.membership,
    newUid: platform.ids.uuid,
  })
  const clusters = await clusterPlans(platform, { placement, header, before, after: scheduled.wanted, manifests })
  const status = statusOf(placement, recordOf(scheduled.header, scheduled.wanted, observed), rfc3339(now))
  const outcome = {
    problem: scheduled.error,
    scheduled: scheduled.header.scheduling?.condition,
    reasons: scheduled.reasons,
    clusters,
    selectedResources: 'resources' in content ? content.resources : [],
  }
  return { plan: answer(outcome), status }
}

interface Answer {
  readonly problem: string | undefined
  readonly scheduled: { readonly status: string; readonly reason: string; readonly message: string } | undefined
  readonly reasons: readonly ClusterReason[]
  readonly clusters: readonly ClusterPlan[]
  readonly selectedResources: readonly ResourceIdentifier[]
}

function answer({ problem, scheduled, reasons, clusters, selectedResources }: Answer): PlacementPlanStatus {
  return {
    summary: summaryOf({ problem, reasons, clusters, objects: selectedResources.length }),
    ...(problem !== undefined && { problem }),
    ...(scheduled && {
      scheduled: { status: scheduled.status, reason: scheduled.reason, message: scheduled.message },
    }),
    selectedResources: [...selectedResources],
    reasons: [...reasons],
    clusters: [...clusters],
  }
}

function refused(problem: string): PlacementPlanStatus {
  return answer({ problem, scheduled: undefined, reasons: [], clusters: [], selectedResources: [] })
}

/** A record as the pipeline would have it, for the functions that read one. Nothing of it is ever written. */
function recordOf(
  header: PlacementHeader,
  wanted: readonly Wanted[],
  observed: readonly { readonly value: Observed; readonly etag: string }[],
) {
  return { header: { value: header, etag: '' }, wanted: wanted.map((value) => ({ value, etag: '' })), observed }
}

async function contentOf(
  platform: PlanNeeds,
  placement: Placement,
): Promise<{ content: PlacementContent; manifests: readonly KubeObject[] }> {
  const problem = mirrorProblem(placement)
  if (problem !== undefined) return { content: { error: problem }, manifests: [] }
  const selection = await selectForPlacement(platform, placement)
  if (selection.error !== undefined) return { content: { error: selection.error }, manifests: [] }
  const resources = selection.objects.map(identifierOf)
  if (placement.spec.strategy?.type === 'External') return { content: { resources }, manifests: [] }
  const manifests = selection.objects.map(cleanObject)
  const envelopeCount = countEnvelopes(selection.objects)
  const snapshot = { hash: groupHash(manifests), payload: planned, resources, envelopeCount }
  return { content: { resources, snapshot }, manifests }
}

interface Rollout {
  readonly placement: Placement
  readonly header: PlacementHeader
  readonly before: readonly Wanted[]
  readonly after: readonly Wanted[]
  readonly manifests: readonly KubeObject[]
}

/** What every cluster has and would have once everything is rolled out. */
async function clusterPlans(platform: PlanNeeds, rollout: Rollout): Promise<readonly ClusterPlan[]> {
  const { placement, header, before, after } = rollout
  const snapshot = header.snapshots.at(-1)
  const manifests = snapshot && (await manifestsOf(platform, snapshot.payload, rollout.manifests))
  const overrides = await matchedOverrides(platform, placement, snapshot, async () => manifests ?? [])
  const render = renderer(await platform.lists.memberClusters(), overrides, manifests)
  const stored = new Map(before.map((row) => [row.cluster, row]))
  const clusters = [...new Set([...before, ...after].map(({ cluster }) => cluster))].sort()
  const rows = new Map(after.map((row) => [row.cluster, row]))
  return mapAtOnce(clusters, rendersAtOnce, async (cluster) => {
    const was = stored.get(cluster)
    const current = was && was.payload !== '' ? await renderWork(platform, was) : undefined
    return clusterPlan({
      cluster,
      strategy: placement.spec.strategy,
      before: was,
      after: rows.get(cluster),
      current,
      target: () => render(cluster),
    })
  })
}

/** Manifests of the planned snapshot, or of one that is stored because its content is the same. */
async function manifestsOf(
  { payloads }: PlanNeeds,
  payload: string,
  own: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  return payload === planned ? own : (JSON.parse(await payloads.get(payload)) as KubeObject[])
}

/** Clusters without overrides share one rendering. */
function renderer(
  clusters: readonly { readonly metadata: KubeObject['metadata'] }[],
  overrides: Overrides,
  objects: readonly KubeObject[] | undefined,
): (cluster: string) => Target {
  if (!objects) return () => undefined
  const labels = new Map(clusters.map(({ metadata }) => [metadata.name ?? '', metadata.labels]))
  const pick = overridePicker(overrides)
  let plain: Rendered | undefined
  return (cluster) => {
    const lists = pick(labels.get(cluster))
    const facts = { name: cluster, labels: labels.get(cluster) }
    if (lists.clusterResourceOverrideSnapshots.length + lists.resourceOverrideSnapshots.length > 0)
      return renderManifests({ objects, lists, overrides, cluster: facts })
    plain ??= renderManifests({ objects, lists, overrides: noOverrides, cluster: facts })
    return plain
  }
}
