// What the in-memory member serves: the kinds a placement usually carries, and whatever CRDs add.
import { isJsonObject } from '../../../api/json.ts'
import type { GroupVersionKind, KubeObject } from '../../../api/kube-object.ts'
import type { MemberResource } from '../../../ports/member-cluster.ts'

/** A kind the member serves, with what a write to it must heed. */
export interface MemberKind extends MemberResource {
  /** Keeps metadata.generation. */
  readonly generation: boolean
  /** `status` is written through its own subresource only. */
  readonly statusSubresource: boolean
}

/** Group and version to kinds: plural, then what is special: c cluster-scoped, g generation, s status subresource. */
const table: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  v1: {
    Namespace: 'namespaces cs',
    Node: 'nodes cs',
    Pod: 'pods s',
    Service: 'services s',
    ConfigMap: 'configmaps',
    Secret: 'secrets',
    ServiceAccount: 'serviceaccounts',
    PersistentVolume: 'persistentvolumes cs',
    PersistentVolumeClaim: 'persistentvolumeclaims s',
    LimitRange: 'limitranges',
    ResourceQuota: 'resourcequotas s',
  },
  'apps/v1': {
    Deployment: 'deployments gs',
    StatefulSet: 'statefulsets gs',
    DaemonSet: 'daemonsets gs',
    ReplicaSet: 'replicasets gs',
  },
  'batch/v1': { Job: 'jobs gs', CronJob: 'cronjobs gs' },
  'autoscaling/v2': { HorizontalPodAutoscaler: 'horizontalpodautoscalers s' },
  'policy/v1': { PodDisruptionBudget: 'poddisruptionbudgets gs' },
  'networking.k8s.io/v1': {
    NetworkPolicy: 'networkpolicies g',
    Ingress: 'ingresses gs',
    IngressClass: 'ingressclasses cg',
  },
  'rbac.authorization.k8s.io/v1': {
    Role: 'roles',
    RoleBinding: 'rolebindings',
    ClusterRole: 'clusterroles c',
    ClusterRoleBinding: 'clusterrolebindings c',
  },
  'storage.k8s.io/v1': { StorageClass: 'storageclasses c' },
  'scheduling.k8s.io/v1': { PriorityClass: 'priorityclasses cg' },
  'apiextensions.k8s.io/v1': { CustomResourceDefinition: 'customresourcedefinitions cgs' },
  'apiregistration.k8s.io/v1': { APIService: 'apiservices cs' },
  'admissionregistration.k8s.io/v1': {
    ValidatingWebhookConfiguration: 'validatingwebhookconfigurations cg',
    MutatingWebhookConfiguration: 'mutatingwebhookconfigurations cg',
  },
}

/** The kinds every cluster has. */
export const builtinKinds: readonly MemberKind[] = Object.entries(table).flatMap(([apiVersion, kinds]) => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return Object.entries(kinds).map(([kind, text]) => {
    const [resource = '', traits = ''] = text.split(' ')
    return {
      group: group ?? '',
      version: version ?? '',
      kind,
      resource,
      namespaced: !traits.includes('c'),
      generation: traits.includes('g'),
      statusSubresource: traits.includes('s'),
    }
  })
})

/** True when group, version and kind agree. */
export function sameKind(left: GroupVersionKind, right: GroupVersionKind): boolean {
  return left.group === right.group && left.version === right.version && left.kind === right.kind
}

/** The kinds a CustomResourceDefinition serves; none when it is not shaped like one. */
export function kindsOfCrd(crd: KubeObject): readonly MemberKind[] {
  const spec = crd['spec']
  if (!isJsonObject(spec) || !isJsonObject(spec['names']) || !Array.isArray(spec['versions'])) return []
  const { kind, plural } = spec['names']
  return spec['versions'].filter(isJsonObject).flatMap((version) => {
    if (version['served'] !== true) return []
    return {
      group: String(spec['group']),
      version: String(version['name']),
      kind: String(kind),
      resource: String(plural),
      namespaced: spec['scope'] !== 'Cluster',
      generation: true,
      statusSubresource: isJsonObject(version['subresources']) && 'status' in version['subresources'],
    }
  })
}
