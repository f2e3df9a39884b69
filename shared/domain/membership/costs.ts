// What a core and a gibibyte of a cluster cost an hour, from the sizes of its nodes and a table of list prices.
import type { MemberProfile } from '../../api/member-cluster.ts'
import { parseQuantity } from '../quantity.ts'
import table from './node-prices.json' with { type: 'json' }

/** Hourly prices of node sizes by region, with where and when they were taken from. */
export interface PriceTable {
  readonly source: string
  /** Day the prices were taken, `YYYY-MM-DD`. */
  readonly asOf: string
  readonly regions: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** The table that comes with the hub. It is data: prices are added and renewed there. */
export const priceTable: PriceTable = table

export type Costs =
  /** US dollars with three places. */
  | { readonly kind: 'known'; readonly perCore: string; readonly perGiB: string }
  | { readonly kind: 'unknown'; readonly problem: string }

/** KubeFleet refuses to divide by less: cores, and bytes. */
const least = { cores: 0.001, bytes: 1 }
const bytesPerGiB = 2 ** 30

/** The price of all nodes, shared out among all cores, and again among all memory. One unknown size makes it unknown. */
export function costsOf(
  { region, sizes }: NonNullable<MemberProfile['azure']>,
  capacity: MemberProfile['capacity'],
  prices: PriceTable = priceTable,
): Costs {
  const known = own(prices.regions, region ?? '')
  if (!known) return unknown(`there are no prices for region ${JSON.stringify(region ?? '')}`)
  const missing = Object.keys(sizes).filter((size) => own(known, size) === undefined)
  if (missing.length > 0) return unknown(`there is no price in region ${region} for ${missing.sort().join(', ')}`)
  const total = Object.entries(sizes).reduce((sum, [size, count]) => sum + count * (own(known, size) ?? 0), 0)
  const cores = amount(capacity['cpu'])
  const bytes = amount(capacity['memory'])
  if (cores <= least.cores || bytes <= least.bytes) return unknown('the nodes report no cores or no memory')
  return { kind: 'known', perCore: (total / cores).toFixed(3), perGiB: (total / (bytes / bytesPerGiB)).toFixed(3) }
}

function unknown(problem: string): Costs {
  return { kind: 'unknown', problem }
}

function amount(text: string | undefined): number {
  return text === undefined ? 0 : parseQuantity(text).approximate
}

/** Sizes and regions come from labels of nodes: `constructor` must not find what every object inherits. */
function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}
