// What an API server does to built-in objects before validation and a schema cannot say: defaults that look at other
// fields, and fields that exist only on the way in.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { put } from '../schema/json-value.ts'
import { editAt, editItems, objectAt, valueAt, withFields } from './edit.ts'
import { prepareBinding, prepareRole } from './rbac-rules.ts'

type Prepare = (object: JsonObject, old: JsonObject | undefined) => JsonObject

/** The tag of an image reference; a digest counts as a fixed tag. */
function isLatest(image: unknown): boolean {
  if (typeof image !== 'string' || image.includes('@')) return false
  const name = image.slice(image.lastIndexOf('/') + 1)
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest'
  return tag === 'latest'
}

function prepareContainer(container: JsonObject): JsonObject {
  if (container['imagePullPolicy']) return container
  return withFields(container, { imagePullPolicy: isLatest(container['image']) ? 'Always' : 'IfNotPresent' })
}

/** A volume that names no source is an emptyDir. */
function prepareVolume(volume: JsonObject): JsonObject {
  return Object.keys(volume).some((field) => field !== 'name') ? volume : withFields(volume, { emptyDir: {} })
}

function preparePodSpec(spec: JsonObject): JsonObject {
  const lists = ['containers', 'initContainers', 'ephemeralContainers']
  const withContainers = lists.reduce((at, list) => editItems(at, list, prepareContainer), spec)
  const account = spec['serviceAccountName'] ?? spec['serviceAccount']
  return withFields(editItems(withContainers, 'volumes', prepareVolume), {
    ...(account !== undefined && { serviceAccountName: account, serviceAccount: account }),
  })
}

const podSpecAt =
  (...path: readonly string[]): Prepare =>
  (object) =>
    editAt(object, path, preparePodSpec)

/** Requests that are left out equal the limits, in pods (not in templates). */
function requestsFromLimits(container: JsonObject): JsonObject {
  const limits = valueAt(container, 'resources', 'limits')
  if (!isJsonObject(limits)) return container
  return editAt(container, ['resources'], (resources) =>
    withFields(resources, { requests: { ...limits, ...objectAt(resources, 'requests') } }),
  )
}

const preparePod: Prepare = (object) =>
  editAt(podSpecAt('spec')(object, undefined), ['spec'], (spec) => {
    const lists = ['containers', 'initContainers']
    const requested = lists.reduce((at, list) => editItems(at, list, requestsFromLimits), spec)
    return withFields(requested, { enableServiceLinks: requested['enableServiceLinks'] ?? true })
  })

/** A rolling strategy has parameters, another has none; their values are defaults of the schema. */
const rolling =
  (field: string): Prepare =>
  (object) =>
    editAt(object, ['spec'], (spec) => {
      const strategy = objectAt(spec, field)
      if ((strategy['type'] ?? 'RollingUpdate') !== 'RollingUpdate') return spec
      return withFields(spec, { [field]: withFields(strategy, { rollingUpdate: strategy['rollingUpdate'] ?? {} }) })
    })

const workload =
  (...steps: readonly Prepare[]): Prepare =>
  (object, old) =>
    steps.reduce((at, step) => step(at, old), podSpecAt('spec', 'template', 'spec')(object, old))

/** Claim templates are whole objects, with what an API server sets on those. */
const prepareClaimTemplates: Prepare = (object) =>
  editAt(object, ['spec'], (spec) =>
    editItems(spec, 'volumeClaimTemplates', (claim) =>
      withFields(claim, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        status: { phase: 'Pending', ...objectAt(claim, 'status') },
      }),
    ),
  )

/** A Job without numbers runs one pod once; labels follow the template. */
const prepareJob: Prepare = (object) => {
  const template = valueAt(object, 'spec', 'template', 'metadata', 'labels')
  const labels = objectAt(object, 'metadata', 'labels')
  const labelled =
    isJsonObject(template) && Object.keys(labels).length === 0
      ? editAt(object, ['metadata'], (metadata) => withFields(metadata, { labels: template }))
      : object
  return editAt(labelled, ['spec'], prepareJobSpec)
}

function prepareJobSpec(spec: JsonObject): JsonObject {
  const { completions, parallelism, backoffLimit, podReplacementPolicy } = spec
  const single = completions === undefined && parallelism === undefined
  return withFields(spec, {
    ...(single && { completions: 1 }),
    parallelism: parallelism ?? 1,
    completionMode: spec['completionMode'] ?? 'NonIndexed',
    suspend: spec['suspend'] ?? false,
    manualSelector: spec['manualSelector'] ?? false,
    // Failures counted per index have no common limit.
    backoffLimit: backoffLimit ?? (spec['backoffLimitPerIndex'] === undefined ? 6 : 2 ** 31 - 1),
    podReplacementPolicy: podReplacementPolicy ?? (spec['podFailurePolicy'] ? 'Failed' : 'TerminatingOrFailed'),
  })
}

/** Seconds a client keeps its endpoint: three hours. */
const clientAffinitySeconds = 10_800

const prepareService: Prepare = (object) =>
  editAt(object, ['spec'], (spec) => {
    const type = spec['type'] ?? 'ClusterIP'
    const external = type === 'NodePort' || type === 'LoadBalancer'
    const ported = editItems(spec, 'ports', (port) =>
      withFields(port, { targetPort: port['targetPort'] ? port['targetPort'] : port['port'] }),
    )
    return withFields(ported, {
      ...((external || type === 'ClusterIP') && { internalTrafficPolicy: spec['internalTrafficPolicy'] ?? 'Cluster' }),
      ...(external && { externalTrafficPolicy: spec['externalTrafficPolicy'] ?? 'Cluster' }),
      ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: spec['allocateLoadBalancerNodePorts'] ?? true }),
      ...(spec['sessionAffinity'] === 'ClientIP' && {
        sessionAffinityConfig: spec['sessionAffinityConfig'] ?? { clientIP: { timeoutSeconds: clientAffinitySeconds } },
      }),
    })
  })

/** `stringData` is for writing only: it becomes base64 in `data` and is gone. */
const prepareSecret: Prepare = (object) => {
  const { stringData } = object
  if (!isJsonObject(stringData))
    return stringData === undefined ? object : withFields(object, { stringData: undefined })
  const data: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(objectAt(object, 'data'))) put(data, key, value)
  for (const [key, value] of Object.entries(stringData)) {
    put(data, key, typeof value === 'string' ? Buffer.from(value, 'utf8').toString('base64') : value)
  }
  return withFields(object, { stringData: undefined, data: data as JsonObject })
}

/** A policy that says nothing governs ingress; one with egress rules governs both. */
const prepareNetworkPolicy: Prepare = (object) =>
  editAt(object, ['spec'], (spec) => {
    if (Array.isArray(spec['policyTypes']) && spec['policyTypes'].length > 0) return spec
    const egress = Array.isArray(spec['egress']) && spec['egress'].length > 0
    return withFields(spec, { policyTypes: egress ? ['Ingress', 'Egress'] : ['Ingress'] })
  })

const prepareLimitRange: Prepare = (object) =>
  editAt(object, ['spec'], (spec) =>
    editItems(spec, 'limits', (item) => {
      if (item['type'] !== 'Container') return item
      const limit = { ...objectAt(item, 'max'), ...objectAt(item, 'default') }
      return withFields(item, {
        default: limit,
        defaultRequest: { ...objectAt(item, 'min'), ...limit, ...objectAt(item, 'defaultRequest') },
      })
    }),
  )

/** Average CPU of 80 % is what an autoscaler aims at when nobody says. */
const prepareAutoscaler: Prepare = (object) =>
  editAt(object, ['spec'], (spec) => {
    if (Array.isArray(spec['metrics']) && spec['metrics'].length > 0) return spec
    const target = { type: 'Utilization', averageUtilization: 80 }
    return withFields(spec, { metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] })
  })

const prepareController: Prepare = (object) => {
  const labels = valueAt(object, 'spec', 'template', 'metadata', 'labels')
  if (!isJsonObject(labels)) return object
  const selected = editAt(object, ['spec'], (spec) =>
    Object.keys(objectAt(spec, 'selector')).length > 0 ? spec : withFields(spec, { selector: labels }),
  )
  return editAt(selected, ['metadata'], (metadata) =>
    Object.keys(objectAt(metadata, 'labels')).length > 0 ? metadata : withFields(metadata, { labels }),
  )
}

/** By `group/Kind`; the core group is empty. */
export const preparations: Readonly<Record<string, Prepare>> = {
  '/Secret': prepareSecret,
  '/Service': prepareService,
  '/Pod': preparePod,
  '/PodTemplate': podSpecAt('template', 'spec'),
  '/ReplicationController': workload(prepareController),
  '/LimitRange': prepareLimitRange,
  'apps/Deployment': workload(rolling('strategy')),
  'apps/StatefulSet': workload(rolling('updateStrategy'), prepareClaimTemplates),
  'apps/DaemonSet': workload(rolling('updateStrategy')),
  'apps/ReplicaSet': workload(),
  'batch/Job': workload(prepareJob),
  'batch/CronJob': podSpecAt('spec', 'jobTemplate', 'spec', 'template', 'spec'),
  'networking.k8s.io/NetworkPolicy': prepareNetworkPolicy,
  'rbac.authorization.k8s.io/Role': prepareRole,
  'rbac.authorization.k8s.io/ClusterRole': prepareRole,
  'rbac.authorization.k8s.io/RoleBinding': prepareBinding,
  'rbac.authorization.k8s.io/ClusterRoleBinding': prepareBinding,
  'autoscaling/HorizontalPodAutoscaler': prepareAutoscaler,
}
