// The order of selected objects. It decides hashes, not the order of applying, so it must never change.
import type { KubeObject } from '../../api/kube-object.ts'
import { byText } from '../names.ts'

const kindOrder: ReadonlyMap<string, number> = new Map(
  [
    'PriorityClass',
    'Namespace',
    'NetworkPolicy',
    'ResourceQuota',
    'LimitRange',
    'PodDisruptionBudget',
    'ServiceAccount',
    'Secret',
    'ConfigMap',
    'StorageClass',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'CustomResourceDefinition',
    'ClusterRole',
    'ClusterRoleBinding',
    'Role',
    'RoleBinding',
    'Service',
    'DaemonSet',
    'Pod',
    'ReplicationController',
    'ReplicaSet',
    'Deployment',
    'HorizontalPodAutoscaler',
    'StatefulSet',
    'Job',
    'CronJob',
    'IngressClass',
    'Ingress',
    'APIService',
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
  ].map((kind, index) => [kind, index]),
)

/** Sorts by kind name (unknown kinds last), then group, version and kind, then namespace and name. Gives a new list. */
export function inOrder<T extends Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>>(objects: readonly T[]): T[] {
  return objects
    .map((object) => ({ object, key: keyOf(object) }))
    .sort(({ key: a }, { key: b }) => a.rank - b.rank || byText(a.type, b.type) || byText(a.name, b.name))
    .map(({ object }) => object)
}

function keyOf({ apiVersion, kind, metadata }: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>) {
  const rank = kindOrder.get(kind)
  return {
    rank: rank ?? kindOrder.size,
    type: rank === undefined ? `${apiVersion}, Kind=${kind}` : apiVersion,
    name: `${metadata.namespace ?? ''}/${metadata.name ?? ''}`,
  }
}
