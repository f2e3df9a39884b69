// One measured scenario in a process of its own; prints one line of JSON. Started by bench.ts.
import { startPlatform } from '../../infra/local/platform.ts'
import { compareServers } from './api-server/compare.ts'
import { requestCosts } from './api-server/costs.ts'
import { requestLayers } from './api-server/layers.ts'
import { coldStart } from './cold-start.ts'
import { type BenchClient, benchClient, isTrue, memberClusters, placements } from './hub-client.ts'
import { schedules } from './schedules.ts'
import { thousandClusters } from './thousand.ts'

const [name = '', seed = '1'] = process.argv.slice(2)

interface Fleet {
  readonly client: BenchClient
  readonly counters: () => Promise<Counters>
  readonly members: number
  /** Milliseconds from creating each MemberCluster to Joined. */
  readonly joinMs: readonly number[]
  /** Invocations, mean and p90 milliseconds of each function. */
  readonly functions: () => Readonly<Record<string, readonly number[]>>
  stop(): Promise<void>
}

interface Counters {
  readonly tableOperations: number
  readonly transactions: number
  readonly messages: number
  readonly invocations: number
  readonly memberCalls: number
}

async function fleet(members: number): Promise<Fleet> {
  const platform = await startPlatform({ members, settings: { HUBLESS_LOG: 'silent' } })
  const client = await benchClient(platform.url)
  const clusters = await benchClient(platform.url, memberClusters)
  const joining: Promise<number>[] = []
  for (const member of platform.members.members) {
    await client.create('/api/v1/namespaces/fleet-system/secrets', {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${member.name}-kubeconfig`, namespace: 'fleet-system' },
      stringData: { value: member.kubeconfig },
    })
    const created = performance.now()
    await client.create(memberClusters, {
      apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
      kind: 'MemberCluster',
      metadata: { name: member.name },
      spec: { identity: { kind: 'User', name: member.name } },
    })
    joining.push(clusters.until(member.name, (object) => isTrue(object, 'Joined')).then((at) => at - created))
  }
  const joinMs = await Promise.all(joining)
  clusters.close()
  const functions = () =>
    Object.fromEntries(
      Object.entries(platform.host.stats()).map(([key, { invocations, meanMs, p90Ms }]) => [
        key,
        [invocations, Math.round(meanMs), Math.round(p90Ms)],
      ]),
    )
  const counters = async (): Promise<Counters> => {
    const { tables, bus } = await platform.backing.stats()
    return {
      tableOperations: tables.get + tables.query + tables.write + tables.transaction,
      transactions: tables.transaction,
      messages: Object.values(bus).reduce((sum, entity) => sum + entity.sends, 0),
      invocations: Object.values(platform.host.stats()).reduce((sum, entry) => sum + entry.invocations, 0),
      memberCalls: platform.members.stats().requests,
    }
  }
  return {
    client,
    counters,
    functions,
    joinMs,
    members,
    stop: async () => {
      client.close()
      await platform.stop()
    },
  }
}

async function source({ client }: Fleet, placement: string): Promise<void> {
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: placement } })
  await client.create(`/api/v1/namespaces/${placement}/configmaps`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'payload' },
    data: { filler: seed.repeat(1024).slice(0, 1024) },
  })
}

/** Milliseconds from the create request to the watch event that says Available. */
async function place({ client }: Fleet, placement: string): Promise<number> {
  const start = performance.now()
  await client.create(placements, {
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacement',
    metadata: { name: placement },
    spec: {
      resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: placement }],
      policy: { placementType: 'PickAll' },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%', unavailablePeriodSeconds: 1 } },
    },
  })
  const at = await client.until(placement, (object) => isTrue(object, 'ClusterResourcePlacementAvailable'))
  return at - start
}

async function serial(members: number, count: number) {
  const hub = await fleet(members)
  const names = Array.from({ length: count + 2 }, (_, index) => `serial-${seed}-${index}`)
  for (const each of names) await source(hub, each)
  // The first two warm the caches and the compiler.
  for (const each of names.slice(0, 2)) await place(hub, each)
  await settle()
  const before = await hub.counters()
  const cpu = process.cpuUsage()
  const samples: number[] = []
  for (const each of names.slice(2)) samples.push(await place(hub, each))
  const used = process.cpuUsage(cpu)
  await settle()
  const after = await hub.counters()
  await hub.stop()
  return {
    ms: samples,
    joinMs: hub.joinMs,
    cpuMsPerPlacement: (used.user + used.system) / 1000 / count,
    perPlacementCluster: per(before, after, count * members),
    rssMiB: process.memoryUsage.rss() / 1048576,
  }
}

async function burst(members: number, count: number) {
  const hub = await fleet(members)
  const names = Array.from({ length: count }, (_, index) => `burst-${seed}-${index}`)
  await source(hub, 'warm')
  await place(hub, 'warm')
  for (const each of names) await source(hub, each)
  await settle()
  const before = await hub.counters()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const samples = await Promise.all(names.map((each) => place(hub, each)))
  const totalMs = performance.now() - start
  const used = process.cpuUsage(cpu)
  await settle()
  const after = await hub.counters()
  const functions = hub.functions()
  await hub.stop()
  return {
    ms: samples,
    totalMs,
    cpuMsPerPlacementCluster: (used.user + used.system) / 1000 / (count * members),
    functions,
    perPlacementCluster: per(before, after, count * members),
    rssMiB: process.memoryUsage.rss() / 1048576,
  }
}

async function idle(members: number, seconds: number) {
  const hub = await fleet(members)
  await source(hub, 'idle')
  await place(hub, 'idle')
  await settle(3_000)
  const before = await hub.counters()
  const cpu = process.cpuUsage()
  await settle(seconds * 1000)
  const used = process.cpuUsage(cpu)
  const after = await hub.counters()
  await hub.stop()
  return {
    cpuPercentOfOneCore: ((used.user + used.system) / 1000 / (seconds * 1000)) * 100,
    perHour: per(before, after, seconds / 3600),
    rssMiB: process.memoryUsage.rss() / 1048576,
  }
}

function per(before: Counters, after: Counters, units: number): Counters {
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => [
      key,
      Math.round(((value - before[key as keyof Counters]) / units) * 100) / 100,
    ]),
  ) as unknown as Counters
}

function settle(ms = 1_000): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const scenarios: Readonly<Record<string, () => Promise<object>>> = {
  'api-costs': requestCosts,
  'api-layers': async () => ({ lines: await requestLayers() }),
  'api-server': async () => ({ lines: await compareServers() }),
  'create-3': () => serial(3, 20),
  'create-100': () => serial(100, 5),
  'burst-50x20': () => burst(20, 50),
  'burst-20x10': () => burst(10, 20),
  'cold-start': () => coldStart(5),
  idle: () => idle(3, 60),
  schedules: async () => schedules(Number(seed)),
  'thousand-clusters': () => thousandClusters(),
}

const scenario = scenarios[name]
if (!scenario) throw new Error(`no scenario ${name}; there are ${Object.keys(scenarios).join(', ')}`)
console.log(JSON.stringify(await scenario()))
process.exit(0)
