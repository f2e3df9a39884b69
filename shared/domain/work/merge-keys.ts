// How lists of Kubernetes' built-in kinds merge: by a key, as a set, or as a whole. Source: the patchStrategy and
// patchMergeKey marks of the Kubernetes API types.
import { parseApiVersion } from '../../api/kube-object.ts'

/** `key`: items with the same value of that member are one item. `set`: values without order. Absent: replaced whole. */
export type ListMerge = { readonly key: string } | 'set' | undefined

/** How the list at a path of field names merges. List positions are not part of the path. */
export type MergeLookup = (path: readonly string[]) => ListMerge

/** Lists inside a pod specification, by their last field names. */
const podLists: Readonly<Record<string, ListMerge>> = {
  containers: { key: 'name' },
  initContainers: { key: 'name' },
  ephemeralContainers: { key: 'name' },
  volumes: { key: 'name' },
  imagePullSecrets: { key: 'name' },
  hostAliases: { key: 'ip' },
  topologySpreadConstraints: { key: 'topologyKey' },
  resourceClaims: { key: 'name' },
  schedulingGates: { key: 'name' },
}

/** Lists inside a container. */
const containerLists: Readonly<Record<string, ListMerge>> = {
  ports: { key: 'containerPort' },
  env: { key: 'name' },
  volumeMounts: { key: 'mountPath' },
  volumeDevices: { key: 'devicePath' },
}

/** Lists of kinds themselves, by kind and path. */
const kindLists: Readonly<Record<string, ListMerge>> = {
  'Service spec.ports': { key: 'port' },
  'ServiceAccount secrets': { key: 'name' },
  'ServiceAccount imagePullSecrets': { key: 'name' },
  'PersistentVolumeClaim status.conditions': { key: 'type' },
  'ValidatingWebhookConfiguration webhooks': { key: 'name' },
  'MutatingWebhookConfiguration webhooks': { key: 'name' },
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

/** The list merges of a built-in kind. */
export function builtInMerge(kind: string): MergeLookup {
  const podSpec = Object.hasOwn(podSpecs, kind) ? podSpecs[kind] : undefined
  return (path) => {
    const text = path.join('.')
    if (text === 'metadata.ownerReferences') return { key: 'uid' }
    if (text === 'metadata.finalizers') return 'set'
    const listed = `${kind} ${text}`
    if (Object.hasOwn(kindLists, listed)) return kindLists[listed]
    return podSpec !== undefined && text.startsWith(`${podSpec}.`) ? podList(text.slice(podSpec.length + 1)) : undefined
  }
}

function podList(text: string): ListMerge {
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
