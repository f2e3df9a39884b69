// Random overrides: which of them concern a placement and a cluster, and what becomes of each object.
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { applyOverrides } from '../../../shared/domain/override/apply.ts'
import { matchOverrides, pickOverrides } from '../../../shared/domain/override/match.ts'
import { overridesOf as overridesFor, policiesOf } from '../../../shared/domain/work/render.ts'
import { InvalidInputError } from '../../../shared/errors.ts'
import { compare, type Replayer, stableText, type Vector } from './replayer.ts'
import { type ClusterObject, overridesOf } from './rollout-objects.ts'

export const overrideApply: Replayer = {
  matches: (fileName, line) => fileName.startsWith('override-apply') || ('placementKey' in line && 'resources' in line),
  run: (line) => {
    const want = line.want as { results: Record<string, unknown>[] }
    // Texts of errors are ours; what failed is the contract.
    const results = want.results.map(({ message: _, ...result }) => result)
    return compare({ ...want, results }, replayed(line))
  },
}

function replayed(line: Vector) {
  const objects = line['resources'] as KubeObject[]
  const { metadata } = line['cluster'] as ClusterObject
  const matched = matchOverrides(
    line['placementKey'] as string,
    objects,
    overridesOf(line['clusterResourceOverrideSnapshots'], line['resourceOverrideSnapshots']),
  )
  const lists = pickOverrides(matched, metadata.labels)
  const policies = policiesOf(lists, matched)
  return {
    matchedClusterOverrides: matched.cluster.map((one) => one.metadata.name).sort(),
    matchedResourceOverrides: matched.namespaced.map((one) => `${one.metadata.namespace}/${one.metadata.name}`).sort(),
    clusterResourceOverrideSnapshots: lists.clusterResourceOverrideSnapshots,
    resourceOverrideSnapshots: lists.resourceOverrideSnapshots.map(({ name, namespace }) => `${namespace}/${name}`),
    results: objects.map((object) => {
      try {
        const after = applyOverrides(object, overridesFor(object, policies), metadata)
        if (after === undefined) return { deleted: true }
        return stableText(after) === stableText(object) ? { unchanged: true } : { manifest: after }
      } catch (error) {
        if (error instanceof InvalidInputError) return { error: 'UserError' }
        throw error
      }
    }),
  }
}
