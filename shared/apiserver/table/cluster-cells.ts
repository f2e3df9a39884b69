// What kubectl prints of configuration, storage, network and cluster objects.
import type { JsonObject } from '../../api/json.ts'
import {
  accessModes,
  age,
  at,
  atMost,
  boolean,
  type CellWriter,
  condition,
  created,
  items,
  labels,
  map,
  name,
  none,
  number,
  or,
  selector,
  size,
  text,
  texts,
  unset,
} from './cells.ts'
import { ageOf } from './duration.ts'

export const nameAndAge: CellWriter = (object, now) => [name(object), age(object, now)]
export const nameAndTime: CellWriter = (object) => [name(object), created(object)]

export const namespaceCells: CellWriter = (object, now) => [
  name(object),
  text(object, 'status', 'phase'),
  age(object, now),
]

export const configMapCells: CellWriter = (object, now) => [
  name(object),
  size(object, 'data') + size(object, 'binaryData'),
  age(object, now),
]

export const secretCells: CellWriter = (object, now) => [
  name(object),
  text(object, 'type'),
  size(object, 'data'),
  age(object, now),
]

function balancerAddresses(object: JsonObject): readonly string[] {
  const found = items(object, 'status', 'loadBalancer', 'ingress').map(
    (item) => text(item, 'ip') || text(item, 'hostname'),
  )
  return [...new Set(found.filter((address) => address !== ''))].sort()
}

function externalAddress(object: JsonObject): string {
  const external = texts(object, 'spec', 'externalIPs')
  switch (text(object, 'spec', 'type')) {
    case 'ClusterIP':
    case 'NodePort':
      return or(external.join(','))
    case 'LoadBalancer':
      return or([...balancerAddresses(object), ...external].join(','), '<pending>')
    case 'ExternalName':
      return text(object, 'spec', 'externalName')
    default:
      return '<unknown>'
  }
}

function portText(port: JsonObject): string {
  const node = number(port, 'nodePort')
  return `${number(port, 'port')}${node > 0 ? `:${node}` : ''}/${text(port, 'protocol')}`
}

export const serviceCells: CellWriter = (object, now) => [
  name(object),
  text(object, 'spec', 'type'),
  or(texts(object, 'spec', 'clusterIPs')[0] ?? text(object, 'spec', 'clusterIP')),
  externalAddress(object),
  or(items(object, 'spec', 'ports').map(portText).join(',')),
  age(object, now),
  labels(map(object, 'spec', 'selector')),
]

/** How many hosts, addresses or ports a cell shows before it counts. */
const shown = 3

const joinPort = (address: string, port: number) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

function subsetAddresses(subset: JsonObject): readonly string[] {
  const addresses = items(subset, 'addresses').map((address) => text(address, 'ip'))
  const ports = items(subset, 'ports')
  if (ports.length === 0) return addresses
  return ports.flatMap((port) => addresses.map((address) => joinPort(address, number(port, 'port'))))
}

export const endpointsCells: CellWriter = (object, now) => [
  name(object),
  atMost(items(object, 'subsets').flatMap(subsetAddresses), shown),
  age(object, now),
]

export const endpointSliceCells: CellWriter = (object, now) => {
  const ports = items(object, 'ports').map((port) => or(text(port, 'port'), or(text(port, 'name'), '*')))
  const addresses = items(object, 'endpoints').flatMap((endpoint) => texts(endpoint, 'addresses'))
  const list = (entries: readonly string[]) => (entries.length === 0 ? unset : atMost(entries, shown))
  return [name(object), text(object, 'addressType'), list(ports), list(addresses), age(object, now)]
}

export const ingressCells: CellWriter = (object, now) => {
  const rules = items(object, 'spec', 'rules')
  const hosts = rules.map((rule) => text(rule, 'host')).filter((host) => host !== '')
  return [
    name(object),
    or(text(object, 'spec', 'ingressClassName')),
    hosts.length === 0 ? '*' : atMost(hosts, shown),
    balancerAddresses(object).join(','),
    items(object, 'spec', 'tls').length > 0 ? '80, 443' : '80',
    age(object, now),
  ]
}

const isDefault = (object: JsonObject, annotation: string) =>
  text(object, 'metadata', 'annotations', annotation) === 'true' ? ' (default)' : ''

export const ingressClassCells: CellWriter = (object, now) => {
  const parameters = map(object, 'spec', 'parameters')
  const group = text(parameters, 'apiGroup')
  const reference = `${text(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${text(parameters, 'name')}`
  return [
    `${name(object)}${isDefault(object, 'ingressclass.kubernetes.io/is-default-class')}`,
    text(object, 'spec', 'controller'),
    Object.keys(parameters).length === 0 ? none : reference,
    age(object, now),
  ]
}

export const networkPolicyCells: CellWriter = (object, now) => [
  name(object),
  selector(at(object, 'spec', 'podSelector')),
  age(object, now),
]

const terminating = (object: JsonObject, phase: string) =>
  at(object, 'metadata', 'deletionTimestamp') === undefined ? phase : 'Terminating'

const betaClass = 'volume.beta.kubernetes.io/storage-class'
const storageClass = (object: JsonObject) =>
  text(object, 'metadata', 'annotations', betaClass) || text(object, 'spec', 'storageClassName')

export const claimCells: CellWriter = (object, now) => {
  const volume = text(object, 'spec', 'volumeName')
  return [
    name(object),
    terminating(object, text(object, 'status', 'phase')),
    volume,
    volume === '' ? '' : text(object, 'status', 'capacity', 'storage'),
    volume === '' ? '' : accessModes(texts(object, 'status', 'accessModes')),
    storageClass(object),
    or(text(object, 'spec', 'volumeAttributesClassName'), unset),
    age(object, now),
    or(text(object, 'spec', 'volumeMode'), unset),
  ]
}

export const volumeCells: CellWriter = (object, now) => {
  const claim = at(object, 'spec', 'claimRef')
  return [
    name(object),
    text(object, 'spec', 'capacity', 'storage'),
    accessModes(texts(object, 'spec', 'accessModes')),
    text(object, 'spec', 'persistentVolumeReclaimPolicy'),
    terminating(object, text(object, 'status', 'phase')),
    claim === undefined ? '' : `${text(claim, 'namespace')}/${text(claim, 'name')}`,
    storageClass(object),
    or(text(object, 'spec', 'volumeAttributesClassName'), unset),
    text(object, 'status', 'reason'),
    age(object, now),
    or(text(object, 'spec', 'volumeMode'), unset),
  ]
}

export const storageClassCells: CellWriter = (object, now) => [
  `${name(object)}${isDefault(object, 'storageclass.kubernetes.io/is-default-class')}`,
  text(object, 'provisioner'),
  or(text(object, 'reclaimPolicy'), 'Delete'),
  or(text(object, 'volumeBindingMode'), 'Immediate'),
  boolean(object, 'allowVolumeExpansion'),
  age(object, now),
]

export const csiDriverCells: CellWriter = (object, now) => {
  const requests = at(object, 'spec', 'tokenRequests')
  return [
    name(object),
    at(object, 'spec', 'attachRequired') !== false,
    boolean(object, 'spec', 'podInfoOnMount'),
    boolean(object, 'spec', 'storageCapacity'),
    requests === undefined
      ? unset
      : items(requests)
          .map((request) => text(request, 'audience'))
          .join(','),
    boolean(object, 'spec', 'requiresRepublish'),
    or(texts(object, 'spec', 'volumeLifecycleModes').join(',')),
    age(object, now),
  ]
}

export const quotaCells: CellWriter = (object, now) => {
  const hard = map(object, 'status', 'hard')
  const used = map(object, 'status', 'used')
  const lines = Object.keys(hard)
    .sort()
    .map((resource) => `${resource}: ${or(text(used, resource), '0')}/${text(hard, resource)}`)
  const isLimit = (line: string) => line.startsWith('limits.')
  return [
    name(object),
    lines.filter((line) => !isLimit(line)).join(', '),
    lines.filter(isLimit).join(', '),
    age(object, now),
  ]
}

const rolePrefix = 'node-role.kubernetes.io/'

function nodeRoles(object: JsonObject): string {
  const found = map(object, 'metadata', 'labels')
  const roles = Object.keys(found).flatMap((label) => {
    if (label.startsWith(rolePrefix)) return [label.slice(rolePrefix.length)]
    return label === 'kubernetes.io/role' ? [text(found, label)] : []
  })
  return or([...new Set(roles.filter((role) => role !== ''))].sort().join(','))
}

const nodeAddress = (object: JsonObject, type: string) =>
  or(
    text(
      items(object, 'status', 'addresses').find((address) => text(address, 'type') === type),
      'address',
    ),
  )

export const nodeCells: CellWriter = (object, now) => {
  const ready = text(condition(object, 'Ready'), 'status')
  const state = ready === '' ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady'
  const info = map(object, 'status', 'nodeInfo')
  const architecture = text(info, 'architecture')
  return [
    name(object),
    boolean(object, 'spec', 'unschedulable') ? `${state},SchedulingDisabled` : state,
    nodeRoles(object),
    age(object, now),
    text(info, 'kubeletVersion'),
    nodeAddress(object, 'InternalIP'),
    nodeAddress(object, 'ExternalIP'),
    or(text(info, 'osImage'), '<unknown>'),
    `${or(text(info, 'kernelVersion'), '<unknown>')}${architecture === '' ? '' : ` (${architecture})`}`,
    or(text(info, 'containerRuntimeVersion'), '<unknown>'),
  ]
}

function subjects(object: JsonObject, kind: string): string {
  return items(object, 'subjects')
    .filter((subject) => text(subject, 'kind') === kind)
    .map((subject) =>
      kind === 'ServiceAccount' && text(subject, 'namespace') !== ''
        ? `${text(subject, 'namespace')}/${text(subject, 'name')}`
        : text(subject, 'name'),
    )
    .join(', ')
}

export const bindingCells: CellWriter = (object, now) => [
  name(object),
  `${text(object, 'roleRef', 'kind')}/${text(object, 'roleRef', 'name')}`,
  age(object, now),
  subjects(object, 'User'),
  subjects(object, 'Group'),
  subjects(object, 'ServiceAccount'),
]

export const webhookCells: CellWriter = (object, now) => [
  name(object),
  items(object, 'webhooks').length,
  age(object, now),
]

export const policyCells: CellWriter = (object, now) => {
  const kind = map(object, 'spec', 'paramKind')
  return [
    name(object),
    items(object, 'spec', 'validations').length,
    Object.keys(kind).length === 0 ? unset : `${text(kind, 'apiVersion')}/${text(kind, 'kind')}`,
    age(object, now),
  ]
}

export const policyBindingCells: CellWriter = (object, now) => {
  const reference = map(object, 'spec', 'paramRef')
  const target = text(reference, 'name')
  const shownReference = target === '' ? unset : `${or(text(reference, 'namespace'), '*')}/${target}`
  return [name(object), text(object, 'spec', 'policyName'), shownReference, age(object, now)]
}

export const apiServiceCells: CellWriter = (object, now) => {
  const service = at(object, 'spec', 'service')
  const available = condition(object, 'Available')
  const status = or(text(available, 'status'), 'Unknown')
  const reason = text(available, 'reason')
  return [
    name(object),
    service === undefined ? 'Local' : `${text(service, 'namespace')}/${text(service, 'name')}`,
    status === 'True' || reason === '' ? status : `${status} (${reason})`,
    age(object, now),
  ]
}

export const priorityClassCells: CellWriter = (object, now) => [
  name(object),
  number(object, 'value'),
  boolean(object, 'globalDefault'),
  age(object, now),
  text(object, 'preemptionPolicy'),
]

export const leaseCells: CellWriter = (object, now) => [
  name(object),
  text(object, 'spec', 'holderIdentity'),
  age(object, now),
]

function eventSource(object: JsonObject): string {
  const source = map(object, 'source')
  const component = text(source, 'component') || text(object, 'reportingComponent')
  const host = text(source, 'host') || text(object, 'reportingInstance')
  return host === '' ? component : `${component}, ${host}`
}

/** Core events. */
export const eventCells: CellWriter = (object, now) => {
  const first = ageOf(at(object, 'firstTimestamp') ?? at(object, 'eventTime'), now)
  const last = at(object, 'lastTimestamp')
  const series = at(object, 'series')
  const subject = map(object, 'involvedObject')
  const kind = text(subject, 'kind').toLowerCase()
  return [
    series !== undefined ? ageOf(at(series, 'lastObservedTime'), now) : last === undefined ? first : ageOf(last, now),
    text(object, 'type'),
    text(object, 'reason'),
    text(subject, 'name') === '' ? kind : `${kind}/${text(subject, 'name')}`,
    text(subject, 'fieldPath'),
    eventSource(object),
    text(object, 'message').trim(),
    first,
    series !== undefined ? number(series, 'count') : Math.max(1, number(object, 'count')),
    name(object),
  ]
}

/** The same event under its events.k8s.io names. */
export const newEventCells: CellWriter = (object, now) => {
  const core: Record<string, unknown> = {
    metadata: object['metadata'],
    type: object['type'],
    reason: object['reason'],
    message: object['note'],
    involvedObject: object['regarding'],
    source: object['deprecatedSource'],
    firstTimestamp: object['deprecatedFirstTimestamp'],
    lastTimestamp: object['deprecatedLastTimestamp'],
    count: object['deprecatedCount'],
    eventTime: object['eventTime'],
    series: object['series'],
    reportingComponent: object['reportingController'],
    reportingInstance: object['reportingInstance'],
  }
  return eventCells(core as JsonObject, now)
}
