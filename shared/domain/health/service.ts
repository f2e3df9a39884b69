// Services are available when they have an address; how that shows depends on their type.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, list, part, text, verdict } from './checker.ts'

/** Core v1 Service. A headless service's address is the text `None`. */
export function service(object: KubeObject): Availability {
  const spec = part(object, 'spec')
  switch (text(spec, 'type')) {
    case '':
    case 'ClusterIP':
    case 'NodePort': {
      const addresses = spec['clusterIPs']
      return verdict(Array.isArray(addresses) && typeof addresses[0] === 'string' && addresses[0] !== '')
    }
    case 'LoadBalancer': {
      const first = list(part(part(object, 'status'), 'loadBalancer'), 'ingress')[0] ?? {}
      return verdict(text(first, 'ip') !== '' || text(first, 'hostname') !== '')
    }
    default:
      return 'NotTrackable'
  }
}
