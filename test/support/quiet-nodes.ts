// A scheduler plugin of somebody else's, as a sample: one file, and one line in a list of rules.
import type { PluginFactory } from '../../shared/domain/scheduler/plugin.ts'

const name = 'QuietNodes'

/** Leaves clusters out that report more than 10 nodes, and prefers those with fewer. */
export const quietNodes: PluginFactory = ({ fleet }) => {
  const nodes = (cluster: Parameters<typeof fleet.property>[0]) =>
    fleet.property(cluster, 'kubernetes-fleet.io/node-count')?.approximate ?? 0
  return {
    name,
    stable: true,
    filter: (cluster) =>
      nodes(cluster) > 10 ? { code: 'ClusterUnschedulable', reasons: ['too many nodes'], plugin: name } : undefined,
    score: (cluster) => ({ affinity: 10 - nodes(cluster) }),
    explain: (cluster) => ({ wanted: 'at most 10 nodes', seen: `${nodes(cluster)} nodes` }),
  }
}
