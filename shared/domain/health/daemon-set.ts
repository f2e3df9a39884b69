// Daemon sets are available when every node that should run one does, with the current template.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, int, isObserved, part, verdict } from './checker.ts'

/** apps/v1 DaemonSet. */
export function daemonSet(object: KubeObject): Availability {
  const status = part(object, 'status')
  return verdict(
    isObserved(object) &&
      int(status, 'numberAvailable') === int(status, 'desiredNumberScheduled') &&
      int(status, 'currentNumberScheduled') === int(status, 'updatedNumberScheduled'),
  )
}
