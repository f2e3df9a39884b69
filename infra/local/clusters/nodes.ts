// The machines of a simulated cluster. They differ from cluster to cluster, so that schedulers have something to choose.
import type { KubeObject } from '../../../shared/api/kube-object.ts'

const sizes = [
  { cpu: '4', memory: '16Gi', type: 'small' },
  { cpu: '8', memory: '32Gi', type: 'medium' },
  { cpu: '16', memory: '64Gi', type: 'large' },
] as const
const regions = ['eastus', 'westeurope', 'southeastasia', 'australiaeast'] as const

/** Three to five nodes of one size, all ready. `index` alone decides which; `now` is RFC 3339. */
export function nodesOf(index: number, now: string, uid: () => string): readonly KubeObject[] {
  const size = sizes[index % sizes.length] ?? sizes[0]
  const region = regions[index % regions.length] ?? regions[0]
  return Array.from({ length: 3 + (index % 3) }, (_, node) => {
    const name = `node-${node + 1}`
    const amounts = { cpu: size.cpu, memory: size.memory, pods: '110', 'ephemeral-storage': '100Gi' }
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        uid: uid(),
        creationTimestamp: now,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'node.kubernetes.io/instance-type': size.type,
          'topology.kubernetes.io/region': region,
          'topology.kubernetes.io/zone': `${region}-${1 + (node % 3)}`,
        },
      },
      spec: {},
      status: {
        capacity: amounts,
        allocatable: amounts,
        conditions: [
          { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'simulated', lastTransitionTime: now },
        ],
      },
    }
  })
}
