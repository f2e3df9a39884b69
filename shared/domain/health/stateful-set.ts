// Stateful sets are available when every wanted replica is, and all are of one revision.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, int, isObserved, part, text, verdict } from './checker.ts'

/** apps/v1 StatefulSet. */
export function statefulSet(object: KubeObject): Availability {
  const status = part(object, 'status')
  return verdict(
    isObserved(object) &&
      int(status, 'availableReplicas') === int(part(object, 'spec'), 'replicas', 1) &&
      int(status, 'currentReplicas') === int(status, 'updatedReplicas') &&
      text(status, 'currentRevision') === text(status, 'updateRevision'),
  )
}
