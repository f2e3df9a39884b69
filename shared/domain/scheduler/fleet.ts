// The clusters a cycle looks at, with what is expensive to read about them read once. One fleet serves many placements.
import type { MemberCluster } from '../../api/member-cluster.ts'
import { InvalidInputError } from '../../errors.ts'
import { byText } from '../names.ts'
import { parseQuantity, type Quantity, tryParseQuantity } from '../quantity.ts'

/** Properties with this prefix are read from `status.resourceUsage`. */
export const resourcePropertyPrefix = 'resources.kubernetes-fleet.io/'

export interface Fleet {
  /** Sorted by name. */
  readonly clusters: readonly MemberCluster[]
  readonly byName: ReadonlyMap<string, MemberCluster>
  /**
   * A property of a cluster as a quantity; undefined when the cluster does not report it.
   * Throws InvalidInputError when a resource property name is malformed, and under KubeFleet's rules when the value is no
   * quantity.
   */
  property(cluster: MemberCluster, name: string): Quantity | undefined
}

/**
 * What a value that cannot be read does. `kubefleet`: it ends the cycle of every placement that asks for it, and resource
 * names hold no dash. `hubless`: the cluster counts as not reporting it, so one cluster's mistake is nobody else's, and
 * resource names are read up to the first dash.
 */
export type PropertyRules = 'kubefleet' | 'hubless'

/** Prepares clusters for scheduling. Costs one sort; values are read when first asked for. */
export function fleetOf(clusters: readonly MemberCluster[], rules: PropertyRules = 'kubefleet'): Fleet {
  const sorted = [...clusters].sort((a, b) => byText(nameOf(a), nameOf(b)))
  const read = new Map<MemberCluster, Map<string, Quantity | undefined>>()
  const readOne = rules === 'hubless' ? readForgivingly : readProperty
  return {
    clusters: sorted,
    byName: new Map(sorted.map((cluster) => [nameOf(cluster), cluster])),
    property(cluster, name) {
      const known = read.get(cluster) ?? new Map<string, Quantity | undefined>()
      read.set(cluster, known)
      if (!known.has(name)) known.set(name, readOne(cluster, name))
      return known.get(name)
    },
  }
}

/** The cluster's name; a member cluster always has one. */
export function nameOf(cluster: MemberCluster): string {
  return cluster.metadata.name ?? ''
}

/** See `Fleet.property`. */
export function readProperty(cluster: MemberCluster, name: string): Quantity | undefined {
  return name.startsWith(resourcePropertyPrefix)
    ? readResource(cluster, name.slice(resourcePropertyPrefix.length))
    : readValue(cluster, `property ${name}`, own(cluster.status?.properties, name)?.value)
}

const usageFields = { total: 'capacity', allocatable: 'allocatable', available: 'available' } as const

/** A property, or undefined when the cluster does not report it as a quantity. Throws for names that are malformed. */
function readForgivingly(cluster: MemberCluster, name: string): Quantity | undefined {
  if (!name.startsWith(resourcePropertyPrefix)) {
    return tryParseQuantity(own(cluster.status?.properties, name)?.value ?? '')
  }
  const usage = name.slice(resourcePropertyPrefix.length)
  const dash = usage.indexOf('-')
  const field = dash > 0 ? own(usageFields, usage.slice(0, dash)) : undefined
  if (!field || dash === usage.length - 1) throw malformed(usage)
  const amount = own(cluster.status?.resourceUsage?.[field], usage.slice(dash + 1))
  return amount === undefined ? undefined : tryParseQuantity(String(amount))
}

function malformed(usage: string): InvalidInputError {
  return new InvalidInputError(
    `${JSON.stringify(usage)} names no resource: expected <total|allocatable|available>-<resource>`,
  )
}

/** `usage` is the part behind the prefix: `<total|allocatable|available>-<resource>`, with one dash. Throws like `property`. */
export function readResource(cluster: MemberCluster | undefined, usage: string): Quantity | undefined {
  const [type = '', resource = '', ...rest] = usage.split('-')
  const field = own(usageFields, type)
  if (!field || resource === '' || rest.length > 0) throw malformed(usage)
  const amount = own(cluster?.status?.resourceUsage?.[field], resource)
  return amount === undefined || cluster === undefined
    ? undefined
    : readValue(cluster, `${field} ${resource}`, String(amount))
}

function readValue(cluster: MemberCluster, what: string, text: string | undefined): Quantity | undefined {
  if (text === undefined) return undefined
  try {
    return parseQuantity(text)
  } catch (error) {
    throw new InvalidInputError(`cluster ${nameOf(cluster)}: ${what}: ${(error as Error).message}`, { cause: error })
  }
}

/** Names come from users: `constructor` must not find what every object inherits. */
function own<T>(map: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return map && Object.hasOwn(map, key) ? map[key] : undefined
}
