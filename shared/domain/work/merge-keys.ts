// How lists and maps of Kubernetes' built-in kinds merge: by a key, as a set, or as a whole. Source: the patchStrategy and
// patchMergeKey marks of the Kubernetes API types.
import { parseApiVersion } from '../../api/kube-object.ts'

/**
 * For lists: `key`, items with the same value of that member are one item; `set`, values without order; absent, the list
 * is replaced whole. For maps, and items of keyed lists: `retainKeys`, a change takes members along that are wanted no
 * more, because only one of several may be there.
 */
export type Merge = { readonly key: string; readonly retainKeys?: boolean } | 'set' | 'retainKeys' | undefined

/** How the value at a path of field names merges. List positions are not part of the path. */
export type MergeLookup = (path: readonly string[]) => Merge

/** Lists inside a pod specification, by their last field names. */
const podLists: Readonly<Record<string, Merge>> = {
  containers: { key: 'name' },
  initContainers: { key: 'name' },
  ephemeralContainers: { key: 'name' },
  volumes: { key: 'name', retainKeys: true },
  imagePullSecrets: { key: 'name' },
  hostAliases: { key: 'ip' },
  topologySpreadConstraints: { key: 'topologyKey' },
  resourceClaims: { key: 'name', retainKeys: true },
  schedulingGates: { key: 'name' },
}

/** Lists inside a container. */
const containerLists: Readonly<Record<string, Merge>> = {
  ports: { key: 'containerPort' },
  env: { key: 'name' },
  volumeMounts: { key: 'mountPath' },
  volumeDevices: { key: 'devicePath' },
}

/** Values of kinds themselves, by kind and path. */
const kindLists: Readonly<Record<string, Merge>> = {
  'Service spec.ports': { key: 'port' },
  'ServiceAccount secrets': { key: 'name' },
  'Deployment spec.strategy': 'retainKeys',
  'ValidatingWebhookConfiguration webhooks': { key: 'name' },
  'ValidatingWebhookConfiguration webhooks.matchConditions': { key: 'name' },
  'MutatingWebhookConfiguration webhooks': { key: 'name' },
  'MutatingWebhookConfiguration webhooks.matchConditions': { key: 'name' },
  'ValidatingAdmissionPolicy spec.matchConditions': { key: 'name' },
  'ValidatingAdmissionPolicy spec.variables': { key: 'name' },
}

const containerParents = new Set(['containers', 'initContainers', 'ephemeralContainers'])

/** Where the pod specification of a kind lies. */
const podSpecs: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template.spec',
  ReplicationController: 'spec.template.spec',
  ReplicaSet: 'spec.template.spec',
  Deployment: 'spec.template.spec',
  StatefulSet: 'spec.template.spec',
  DaemonSet: 'spec.template.spec',
  Job: 'spec.template.spec',
  CronJob: 'spec.jobTemplate.spec.template.spec',
}

/** The merges of a built-in kind. */
export function builtInMerge(kind: string): MergeLookup {
  const podSpec = Object.hasOwn(podSpecs, kind) ? podSpecs[kind] : undefined
  return (path) => {
    const text = path.join('.')
    if (isMetadata(text, 'ownerReferences')) return { key: 'uid' }
    if (isMetadata(text, 'finalizers')) return 'set'
    const listed = `${kind} ${text}`
    if (Object.hasOwn(kindLists, listed)) return kindLists[listed]
    return podSpec !== undefined && text.startsWith(`${podSpec}.`) ? podList(text.slice(podSpec.length + 1)) : undefined
  }
}

/** Metadata of the object or of a template in it. */
function isMetadata(text: string, field: string): boolean {
  return text === `metadata.${field}` || text.endsWith(`.metadata.${field}`)
}

function podList(text: string): Merge {
  const [first = '', second, ...more] = text.split('.')
  if (second === undefined) return Object.hasOwn(podLists, first) ? podLists[first] : undefined
  if (more.length > 0 || !containerParents.has(first)) return undefined
  return Object.hasOwn(containerLists, second) ? containerLists[second] : undefined
}

/** Groups whose kinds Kubernetes itself defines: their objects take strategic merge patches. */
const builtInGroups = new Set([
  '',
  'admissionregistration.k8s.io',
  'apps',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'resource.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
])

/** Whether an object is of a built-in kind. CustomResourceDefinitions and APIServices are not: their servers merge plainly. */
export function isBuiltIn(apiVersion: string): boolean {
  return builtInGroups.has(parseApiVersion(apiVersion).group)
}
