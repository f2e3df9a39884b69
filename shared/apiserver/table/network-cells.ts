// What kubectl prints of services, endpoints, ingresses and network policies.
import type { JsonObject } from '../../api/json.ts'
import {
  age,
  at,
  atMost,
  type CellWriter,
  isDefault,
  items,
  labels,
  map,
  name,
  none,
  number,
  or,
  selector,
  text,
  texts,
  unset,
} from './cells.ts'

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
