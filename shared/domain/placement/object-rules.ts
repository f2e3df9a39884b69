// Objects that stay behind although their kind may travel: what the cluster makes for itself.
import { type KubeObject, parseApiVersion } from '../../api/kube-object.ts'

export interface ObjectRuleContext {
  /** The hub runs workloads itself, so claims on it are bound to its own volumes. */
  readonly workloadsRun: boolean
  /** Whether a Service of this namespace and name exists. */
  readonly serviceExists: (namespace: string, name: string) => boolean
}

type Rule = (object: KubeObject, context: ObjectRuleContext) => boolean

const hasOwner: Rule = ({ metadata }) => (metadata.ownerReferences?.length ?? 0) > 0

/** By `group/version, Kind`: true for an object that stays behind. */
const staysBehind: Readonly<Record<string, Rule>> = {
  'apps/v1/ReplicaSet': hasOwner,
  'apps/v1/ControllerRevision': hasOwner,
  'v1/ConfigMap': ({ metadata }) => metadata.name === 'kube-root-ca.crt',
  'v1/ServiceAccount': ({ metadata }) => metadata.name === 'default',
  'v1/Secret': (object) => object['type'] === 'kubernetes.io/service-account-token',
  'v1/PersistentVolumeClaim': (_, { workloadsRun }) => workloadsRun,
  'v1/Endpoints': ({ metadata }, { serviceExists }) => serviceExists(metadata.namespace ?? '', metadata.name ?? ''),
  'discovery.k8s.io/v1/EndpointSlice': ({ metadata }) =>
    Object.hasOwn(metadata.labels ?? {}, 'endpointslice.kubernetes.io/managed-by'),
}

/** Whether a selected object travels. Objects being deleted never do. */
export function mayPropagateObject(object: KubeObject, context: ObjectRuleContext): boolean {
  if (object.metadata.deletionTimestamp) return false
  const key = `${object.apiVersion}/${object.kind}`
  const rule = Object.hasOwn(staysBehind, key) ? staysBehind[key] : undefined
  return !rule?.(object, context)
}

/** Whether deciding about objects of a kind needs the Services beside them. */
export function needsServices({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean {
  return parseApiVersion(apiVersion).group === '' && kind === 'Endpoints'
}
