// Work: what one cluster is to have, how its worker brings it there object by object, and what it tells about it. The
// invariant is that nothing on a member is touched that this placement does not own or may not take over.
import type { ResourceId } from '../health/index.ts'

/** API groups whose resources have a wave of their own; anything else goes last. */
const groups = new Set([
  '',
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'networking.k8s.io',
  'storage.k8s.io',
  'scheduling.k8s.io',
  'rbac.authorization.k8s.io',
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'admissionregistration.k8s.io',
])

/** What others need comes first: a namespace before its content, a role before its binding, a definition before its use. */
const wavesByResource: readonly (readonly string[])[] = [
  ['namespaces', 'priorityclasses'],
  [
    'networkpolicies',
    'resourcequotas',
    'limitranges',
    'podsecuritypolicies',
    'poddisruptionbudgets',
    'serviceaccounts',
    'secrets',
    'configmaps',
    'storageclasses',
    'persistentvolumes',
    'persistentvolumeclaims',
    'customresourcedefinitions',
    'ingressclasses',
  ],
  ['clusterroles', 'roles'],
  ['clusterrolebindings', 'rolebindings'],
  [
    'services',
    'daemonsets',
    'pods',
    'replicationcontrollers',
    'replicasets',
    'deployments',
    'horizontalpodautoscalers',
    'statefulsets',
    'jobs',
    'cronjobs',
    'ingresses',
  ],
  ['apiservices', 'validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
]
const waveNumbers = new Map(wavesByResource.flatMap((names, wave) => names.map((name) => [name, wave] as const)))

/** The wave of everything that is not listed, custom resources among them. */
export const lastWave = 999

/** The wave a resource is processed in. */
export function waveOf({ group, resource }: Pick<ResourceId, 'group' | 'resource'>): number {
  return (groups.has(group) ? waveNumbers.get(resource) : undefined) ?? lastWave
}

export interface Wave<T> {
  readonly number: number
  readonly items: readonly T[]
}

/** Sorts into waves, earliest first; order within a wave is the given one. Waves run one after another, without gates. */
export function wavesOf<T extends { readonly where: Pick<ResourceId, 'group' | 'resource'> }>(
  items: readonly T[],
): Wave<T>[] {
  const byNumber = Map.groupBy(items, ({ where }) => waveOf(where))
  return [...byNumber].sort(([a], [b]) => a - b).map(([number, members]) => ({ number, items: members }))
}
