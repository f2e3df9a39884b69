// What kubectl prints of configuration, nodes, access and other cluster objects.
import type { JsonObject } from '../../api/json.ts'
import {
  age,
  at,
  boolean,
  type CellWriter,
  condition,
  created,
  items,
  map,
  name,
  number,
  or,
  size,
  text,
  unset,
} from './cells.ts'

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
      kind === 'ServiceAccount' ? `${text(subject, 'namespace')}/${text(subject, 'name')}` : text(subject, 'name'),
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
