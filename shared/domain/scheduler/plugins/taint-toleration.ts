// Every taint of a cluster must be tolerated by the policy.
import type { MemberCluster, Taint } from '../../../api/member-cluster.ts'
import type { Toleration } from '../../../api/placement.ts'
import type { PluginFactory } from '../plugin.ts'

const name = 'TaintToleration'

/** The first taint that nothing tolerates is the reason. */
export const taintToleration: PluginFactory = ({ policy }) => {
  const tolerations = policy?.tolerations ?? []
  const untolerated = ({ spec }: MemberCluster) => spec.taints?.find((candidate) => !tolerated(candidate, tolerations))
  return {
    name,
    stable: true,
    filter(cluster) {
      const taint = untolerated(cluster)
      if (!taint) return undefined
      const text = `&{Key:${taint.key} Value:${taint.value ?? ''} Effect:${taint.effect}}`
      return { code: 'ClusterUnschedulable', reasons: [`taint ${text} cannot be tolerated`], plugin: name }
    },
    explain(cluster) {
      const taint = untolerated(cluster)
      const given = tolerations.map(tolerationText).join(', ')
      return {
        wanted: given === '' ? 'no taint: nothing is tolerated' : `no taint but those tolerated: ${given}`,
        seen: taint ? `taint ${taintText(taint)}` : 'no taint',
      }
    },
  }
}

/** As kubectl writes taints: `key=value:effect`. */
function taintText({ key, value, effect }: Taint): string {
  return `${key}${value ? `=${value}` : ''}:${effect}`
}

function tolerationText({ key, operator, value, effect }: Toleration): string {
  const what = operator === 'Exists' ? key || 'any' : `${key ?? ''}=${value ?? ''}`
  return effect ? `${what}:${effect}` : what
}

/** Whether some toleration covers the taint. A toleration without an operator covers nothing. */
export function tolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(({ key = '', operator, value = '', effect = '' }) => {
    if (effect !== '' && effect !== taint.effect) return false
    if (operator === 'Exists') return key === '' || key === taint.key
    return operator === 'Equal' && key === taint.key && value === (taint.value ?? '')
  })
}
