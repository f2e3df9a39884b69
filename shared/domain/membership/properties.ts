// The properties of a cluster, by KubeFleet's names, from what a probe read; and what to say about reading them.
import type { Condition } from '../../api/condition.ts'
import type { MemberClusterStatus, MemberProfile } from '../../api/member-cluster.ts'
import { costsOf, type PriceTable, priceTable } from './costs.ts'

export const propertyNames = {
  nodeCount: 'kubernetes-fleet.io/node-count',
  version: 'k8s.io/k8s-version',
  entrypoint: 'k8s.io/cluster-entrypoint',
  certificateAuthority: 'k8s.io/cluster-certificate-authority-data',
  perCore: 'kubernetes.azure.com/per-cpu-core-cost',
  perGiB: 'kubernetes.azure.com/per-gb-memory-cost',
} as const

/** Name of the property that counts the nodes of a size. */
export function sizeProperty(size: string): string {
  return `kubernetes.azure.com/vm-sizes/${size}/count`
}

type Said = Omit<Condition, 'lastTransitionTime' | 'observedGeneration'>

export interface Collected {
  readonly properties: NonNullable<MemberClusterStatus['properties']>
  readonly conditions: readonly Said[]
}

/** `now` is RFC 3339. Costs are known of nodes on Azure only, and left out when one size has no price. */
export function collectedProperties(
  profile: MemberProfile,
  now: string,
  { namespaceCollection, prices = priceTable }: { namespaceCollection: boolean; prices?: PriceTable },
): Collected {
  const { azure, certificateAuthority, entrypoint } = profile
  const costs = azure && costsOf(azure, profile.capacity, prices)
  const values: [string, string | undefined][] = [
    [propertyNames.nodeCount, String(profile.nodeCount)],
    [propertyNames.version, profile.version],
    [propertyNames.entrypoint, entrypoint],
    [propertyNames.certificateAuthority, certificateAuthority],
    ...Object.entries(azure?.sizes ?? {}).map(([size, count]): [string, string] => [sizeProperty(size), String(count)]),
    ...(costs?.kind === 'known'
      ? ([
          [propertyNames.perCore, costs.perCore],
          [propertyNames.perGiB, costs.perGiB],
        ] as [string, string][])
      : []),
  ]
  const properties = values.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, { value, observationTime: now }] as const],
  )
  return {
    properties: Object.fromEntries(properties),
    conditions: [
      collected(profile),
      ...(costs ? [costsCondition(costs, prices)] : []),
      ...(namespaceCollection ? [namespacesCondition(profile)] : []),
    ],
  }
}

function collected({ namespacesTruncated }: MemberProfile): Said {
  return {
    type: 'ClusterPropertyCollectionSucceeded',
    status: 'True',
    reason: 'PropertiesCollected',
    message: namespacesTruncated
      ? 'Properties were read; the cluster has more namespaces than are listed'
      : 'Properties were read',
  }
}

/** List prices of a day in the past are a degraded source, and say so. */
function costsCondition(costs: ReturnType<typeof costsOf>, { asOf, source }: PriceTable): Said {
  const type = 'AKSClusterCostPropertiesCollectionSucceeded'
  return costs.kind === 'known'
    ? { type, status: 'True', reason: 'CostsCalculationDegraded', message: `Prices are those of ${asOf}: ${source}` }
    : { type, status: 'False', reason: 'CostsCalculationFailed', message: `Costs are not told: ${costs.problem}` }
}

function namespacesCondition({ namespacesTruncated }: MemberProfile): Said {
  const type = 'NamespaceCollectionSucceeded'
  return namespacesTruncated
    ? { type, status: 'False', reason: 'Degraded', message: 'The cluster has more namespaces than are collected' }
    : { type, status: 'True', reason: 'Succeeded', message: 'All namespaces were collected' }
}
