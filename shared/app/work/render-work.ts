// From a snapshot to the manifests of one cluster: envelopes opened, overrides applied.
import type { KubeObject } from '../../api/kube-object.ts'
import type { Wanted } from '../../api/placement-record.ts'
import type { OverrideLists, Overrides } from '../../domain/override/match.ts'
import { type Rendered, renderManifests } from '../../domain/work/render.ts'
import { noOverrides, overridesMaxAgeMs } from '../matched-overrides.ts'
import type { Platform } from '../platform.ts'

/** `missing` when a snapshot the decision names is not there (any more): the rollout is about to decide anew. */
export type RenderedWork = Rendered | { readonly kind: 'missing'; readonly message: string }

/** Overrides and the cluster's labels are read only when the decision names overrides. Throws what reading throws. */
export async function renderWork(
  { payloads, lists }: Pick<Platform, 'payloads' | 'lists'>,
  wanted: Wanted,
): Promise<RenderedWork> {
  const objects = JSON.parse(await payloads.get(wanted.payload)) as KubeObject[]
  const named: OverrideLists = {
    clusterResourceOverrideSnapshots: wanted.clusterResourceOverrides ?? [],
    resourceOverrideSnapshots: wanted.resourceOverrides ?? [],
  }
  const facts = { name: wanted.cluster }
  if (!hasOverrides(wanted)) return renderManifests({ objects, lists: named, overrides: noOverrides, cluster: facts })
  const overrides = await findOverrides(lists, named)
  const missing = missingOf(named, overrides)
  if (missing !== undefined)
    return { kind: 'missing', message: `${missing} does not exist, although it is to be applied` }
  const clusters = await lists.memberClusters({ maxAgeMs: overridesMaxAgeMs })
  const labels = clusters.find(({ metadata }) => metadata.name === wanted.cluster)?.metadata.labels
  return renderManifests({ objects, lists: named, overrides, cluster: { ...facts, labels } })
}

/** Whether a decision names any override. */
export function hasOverrides({ resourceOverrides, clusterResourceOverrides }: Wanted): boolean {
  return (resourceOverrides?.length ?? 0) + (clusterResourceOverrides?.length ?? 0) > 0
}

/** Snapshots never change, so a list that holds all that are named is new enough. */
async function findOverrides(lists: Pick<Platform, 'lists'>['lists'], named: OverrideLists): Promise<Overrides> {
  const known = await lists.overrideSnapshots({ maxAgeMs: overridesMaxAgeMs })
  return missingOf(named, known) === undefined ? known : lists.overrideSnapshots()
}

function missingOf(
  { clusterResourceOverrideSnapshots, resourceOverrideSnapshots }: OverrideLists,
  { cluster, namespaced }: Overrides,
): string | undefined {
  const names = new Set(cluster.map(({ metadata }) => metadata.name))
  const absent = clusterResourceOverrideSnapshots.find((name) => !names.has(name))
  if (absent !== undefined) return `ClusterResourceOverrideSnapshot ${absent}`
  const keys = new Set(namespaced.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
  const gone = resourceOverrideSnapshots.find(({ namespace, name }) => !keys.has(`${namespace}/${name}`))
  return gone && `ResourceOverrideSnapshot ${gone.namespace}/${gone.name}`
}
