// Deployments are available when every wanted replica runs the current template and none of the old ones is left.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, int, isObserved, part, verdict } from './checker.ts'

/** apps/v1 Deployment. */
export function deployment(object: KubeObject): Availability {
  const status = part(object, 'status')
  const wanted = int(part(object, 'spec'), 'replicas', 1)
  return verdict(
    isObserved(object) &&
      int(status, 'availableReplicas') === wanted &&
      int(status, 'updatedReplicas') === wanted &&
      int(status, 'unavailableReplicas') === 0,
  )
}
