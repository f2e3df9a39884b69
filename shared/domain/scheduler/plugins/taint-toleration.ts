// Every taint of a cluster must be tolerated by the policy.
import type { Taint } from '../../../api/member-cluster.ts'
import type { Toleration } from '../../../api/placement.ts'
import type { PluginFactory } from '../plugin.ts'

const name = 'TaintToleration'

/** The first taint that nothing tolerates is the reason. */
export const taintToleration: PluginFactory = ({ policy }) => {
  const tolerations = policy?.tolerations ?? []
  return {
    name,
    filter(cluster) {
      const taint = cluster.spec.taints?.find((candidate) => !tolerated(candidate, tolerations))
      if (!taint) return undefined
      const text = `&{Key:${taint.key} Value:${taint.value ?? ''} Effect:${taint.effect}}`
      return { code: 'ClusterUnschedulable', reasons: [`taint ${text} cannot be tolerated`], plugin: name }
    },
  }
}

/** Whether some toleration covers the taint. A toleration without an operator covers nothing. */
export function tolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(({ key = '', operator, value = '', effect = '' }) => {
    if (effect !== '' && effect !== taint.effect) return false
    if (operator === 'Exists') return key === '' || key === taint.key
    return operator === 'Equal' && key === taint.key && value === (taint.value ?? '')
  })
}
