// Custom resource definitions are available when their objects are served.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, list, part, verdict } from './checker.ts'

/** apiextensions.k8s.io/v1 CustomResourceDefinition. */
export function customResourceDefinition(object: KubeObject): Availability {
  const conditions = list(part(object, 'status'), 'conditions')
  const isTrue = (type: string) => conditions.some((one) => one['type'] === type && one['status'] === 'True')
  return verdict(isTrue('Established') && isTrue('NamesAccepted'))
}
