// A hub of a fleet is no place to run things. KubeFleet refuses pods because its hub cluster would run them.
import { answer, type GuardAnswer, type GuardedRequest, isReservedNamespace } from './request.ts'

export interface WorkloadSettings {
  /** Whether Pods and ReplicaSets may be made outside reserved namespaces. */
  readonly workloads: boolean
  readonly disruptionBudgets: boolean
}

/** The answer to a creation of a workload, or undefined for all else. */
export function guardWorkload(
  request: GuardedRequest,
  { workloads, disruptionBudgets }: WorkloadSettings,
): GuardAnswer | undefined {
  const { operation, kind, namespace = '', name } = request
  const free = freeKinds({ workloads, disruptionBudgets }).get(`${kind.group}/${kind.kind}`)
  if (free === undefined) return undefined
  if (free || operation !== 'CREATE' || isReservedNamespace(namespace)) return answer(request, true)
  const stop = kind.kind === 'Pod' ? '' : '.'
  return {
    allowed: false,
    message: `${kind.kind} ${namespace}/${name} creation is disallowed in the fleet hub cluster${stop}`,
  }
}

function freeKinds({ workloads, disruptionBudgets }: WorkloadSettings): ReadonlyMap<string, boolean> {
  return new Map([
    ['/Pod', workloads],
    ['apps/ReplicaSet', workloads],
    ['policy/PodDisruptionBudget', disruptionBudgets],
  ])
}
