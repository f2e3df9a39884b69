// A cluster that already has the placement is not picked again; one that had it under an older policy is preferred on ties.
import type { PluginFactory } from '../plugin.ts'

const name = 'SamePlacementAntiAffinity'

export const samePlacementAffinity: PluginFactory = ({ current, obsolete }) => {
  const taken = new Set(current.map(({ targetCluster }) => targetCluster))
  const earlier = new Set(obsolete.map(({ targetCluster }) => targetCluster))
  return {
    name,
    filter: ({ metadata }) =>
      taken.has(metadata.name ?? '') ? { code: 'ClusterAlreadySelected', reasons: [], plugin: name } : undefined,
    score: ({ metadata }) => ({ obsoleteAffinity: earlier.has(metadata.name ?? '') ? 1 : 0 }),
  }
}
