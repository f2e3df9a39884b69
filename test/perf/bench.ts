// npm run bench [-- SCENARIO...] [--json] [--seed N]: each scenario in a process of its own, on simulated members.
// Times are told with their spread and depend on the machine; what is guarded are counts per placement and cluster, which
// do not: the run fails when one is above its bound.
import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)

const Counters = z.object({
  tableOperations: z.number(),
  transactions: z.number(),
  messages: z.number(),
  invocations: z.number(),
  memberCalls: z.number(),
})
const Result = z.object({
  ms: z.array(z.number()).optional(),
  joinMs: z.array(z.number()).optional(),
  totalMs: z.number().optional(),
  cpuMsPerPlacementCluster: z.number().optional(),
  cpuPercentOfOneCore: z.number().optional(),
  perPlacementCluster: Counters.optional(),
  perHour: Counters.optional(),
  rssMiB: z.number().optional(),
  importMs: z.array(z.number()).optional(),
  firstAnswerMs: z.array(z.number()).optional(),
  /** What the scenario has to say in its own words. */
  lines: z.array(z.string()).optional(),
  /** Guards it found broken. */
  wrong: z.array(z.string()).optional(),
})
type Result = z.infer<typeof Result>

interface Scenario {
  readonly name: string
  readonly what: string
  /** Highest count allowed per placement and cluster (or per hour, idle), with the reason for its height. */
  readonly bounds?: Partial<z.infer<typeof Counters>>
}

/** Bounds leave a third above what was counted when they were set: timing decides how many folds and looks there are. */
const scenarios: readonly Scenario[] = [
  { name: 'api-costs', what: 'table operations of each verb' },
  { name: 'api-layers', what: 'where the time of a request goes' },
  { name: 'api-server', what: 'requests to the hub beside a real kube-apiserver (with KUBEBUILDER_ASSETS)' },
  { name: 'schedules', what: 'whole schedules in memory; HUBLESS_BENCH_FLEETS=FOLDER takes recorded fleets' },
  {
    name: 'thousand-clusters',
    what: 'decisions among 1,000 clusters with 1,000 placements (HUBLESS_BENCH_PLACEMENTS=N takes N)',
  },
  { name: 'cold-start', what: 'a process imports the bundle and answers its first request' },
  {
    name: 'create-3',
    what: 'one placement at a time on 3 members, create to Available',
    bounds: { tableOperations: 23, messages: 8, memberCalls: 6 },
  },
  {
    name: 'create-100',
    what: 'one placement at a time on 100 members',
    bounds: { tableOperations: 8, messages: 5, memberCalls: 6 },
  },
  {
    name: 'burst-50x20',
    what: '50 placements at once on 20 members',
    bounds: { tableOperations: 15, messages: 8, memberCalls: 8 },
  },
  {
    name: 'idle',
    what: '3 members and one placement, nothing to do',
    bounds: { tableOperations: 40_000, memberCalls: 20_000 },
  },
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
})
const chosen = scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
if (chosen.length === 0) {
  console.error(`no such scenario; there are ${scenarios.map(({ name }) => name).join(', ')}`)
  process.exit(1)
}

const results: Record<string, Result> = {}
const broken: string[] = []
for (const { name, what, bounds } of chosen) {
  const { stdout } = await run(process.execPath, ['test/perf/scenario.ts', name, values.seed], { maxBuffer: 1 << 26 })
  const result = Result.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''))
  results[name] = result
  broken.push(...aboveBounds(name, result, bounds ?? {}), ...(result.wrong ?? []).map((line) => `${name}: ${line}`))
  if (!values.json) print(name, what, result)
}
if (values.json) console.log(JSON.stringify({ seed: values.seed, results, broken }, null, 2))
for (const line of broken) console.error(line)
process.exitCode = broken.length > 0 ? 1 : 0

function aboveBounds(name: string, result: Result, bounds: NonNullable<Scenario['bounds']>): string[] {
  const counted = result.perPlacementCluster ?? result.perHour
  return Object.entries(bounds).flatMap(([key, bound]) => {
    const value = counted?.[key as keyof typeof bounds] ?? 0
    return value > bound ? [`${name}: ${key} is ${value}, at most ${bound} is allowed`] : []
  })
}

function print(name: string, what: string, result: Result): void {
  console.log(`\n${name} (seed ${values.seed}): ${what}`)
  for (const [key, samples] of Object.entries({
    'cluster created to Joined': result.joinMs,
    'create to Available': result.ms,
    import: result.importMs,
    'first answer': result.firstAnswerMs,
  }))
    if (samples) console.log(`  ${key}: ${spread(samples)}`)
  for (const line of result.lines ?? []) console.log(`  ${line}`)
  if (result.totalMs !== undefined) console.log(`  all Available after ${Math.round(result.totalMs)} ms`)
  if (result.cpuMsPerPlacementCluster !== undefined)
    console.log(`  CPU per placement and cluster, members and all: ${result.cpuMsPerPlacementCluster.toFixed(1)} ms`)
  if (result.cpuPercentOfOneCore !== undefined)
    console.log(`  CPU: ${result.cpuPercentOfOneCore.toFixed(1)} % of one core`)
  if (result.perPlacementCluster) console.log(`  per placement and cluster: ${counters(result.perPlacementCluster)}`)
  if (result.perHour) console.log(`  per hour: ${counters(result.perHour)}`)
  if (result.rssMiB !== undefined) console.log(`  memory of the whole process: ${Math.round(result.rssMiB)} MiB`)
}

function counters(counted: z.infer<typeof Counters>): string {
  const { tableOperations, transactions, messages, invocations, memberCalls } = counted
  return `${tableOperations} table operations (${transactions} transactions), ${messages} messages, ${invocations} invocations, ${memberCalls} member calls`
}

function spread(samples: readonly number[]): string {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, ${at(0)} to ${at(1)} ms over ${sorted.length}`
}
