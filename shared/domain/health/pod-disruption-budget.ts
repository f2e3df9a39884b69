// Disruption budgets are available when their controller has judged them and its verdict agrees with its count.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, int, isObserved, list, part, verdict } from './checker.ts'

/** policy/v1 PodDisruptionBudget. */
export function podDisruptionBudget(object: KubeObject): Availability {
  const status = part(object, 'status')
  const condition = list(status, 'conditions').find(({ type }) => type === 'DisruptionAllowed')
  if (!condition || !isObserved(object)) return 'ManifestNotAvailableYet'
  const fresh = int(condition, 'observedGeneration') === (object.metadata.generation ?? 0)
  const said = `${String(condition['status'])} ${String(condition['reason'])}`
  const counted = int(status, 'disruptionsAllowed') > 0 ? 'True SufficientPods' : 'False InsufficientPods'
  return verdict(fresh && said === counted)
}
