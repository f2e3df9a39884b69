// A thousand clusters, reported as their agents would, and a thousand placements: how long a decision takes, what a label
// flipped on a hundred clusters costs, and what is stored.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startPlatform } from '../../infra/local/platform.ts'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { type BenchClient, benchClient, isTrue, memberClusters, placements } from './hub-client.ts'

const clusters = 1_000
/** Placements that ask for what the flip changes, of all there are. */
const concerned = 10
const all = Number(process.env['HUBLESS_BENCH_PLACEMENTS'] ?? 1_000)
/** Requests under way while things are set up. */
const atOnce = 16
/** Scaled to this many rows of a placement on a cluster. */
const scaledTo = 100_000

interface Counts {
  readonly operations: number
  readonly messages: number
}

/** Lines to print, and what was not as promised. */
export async function thousandClusters(): Promise<{ lines: string[]; wrong: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'hubless-bench-'))
  const platform = await startPlatform({
    members: 0,
    file: (name) => join(folder, name),
    settings: { HUBLESS_LOG: 'silent' },
  })
  try {
    const hub = await benchClient(platform.url)
    const fleet = await benchClient(platform.url, memberClusters)
    const joinedMs = await timed(() => join1000(hub, fleet))
    await hub.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bench' } })
    await each(all - concerned, (index) => decide(hub, `other-${index}`, { team: `t${index}` }, 0))
    const before = stored(folder)
    const decided: number[] = []
    for (let index = 0; index < concerned; index += 1)
      decided.push(await timed(() => decide(hub, `flip-${index}`, { 'bench-group': 'g0' }, 100)))
    const bytes = (stored(folder) - before) / (concerned * 100)
    const counts = async (): Promise<Counts> => {
      const { tables, bus } = await platform.backing.stats()
      const messages = Object.values(bus).reduce((sum, { sends }) => sum + sends, 0)
      return { operations: tables.get + tables.query + tables.write + tables.transaction, messages }
    }
    const start = await counts()
    const flipMs = await timed(() => flip(hub))
    const end = await counts()
    hub.close()
    fleet.close()
    const operations = end.operations - start.operations
    const messages = end.messages - start.messages
    const median = decided.sort((a, b) => a - b)[Math.floor(concerned / 2)] ?? 0
    const scaledMiB = (bytes * scaledTo) / 2 ** 20
    return {
      lines: [
        `${clusters} clusters created and reported to Joined: ${Math.round(joinedMs)} ms`,
        `one placement to 100 of ${clusters} clusters, ${all} placements present, create to decided: p50 ${Math.round(median)} ms`,
        `a label flipped on 100 clusters, ${concerned} of ${all} placements concerned: settled after ${Math.round(flipMs)} ms, ${operations} table operations, ${messages} messages, the 100 writes of the label included`,
        `stored for each placement on a cluster: ${Math.round(bytes)} bytes, ${scaledMiB.toFixed(0)} MiB for ${scaledTo}`,
      ],
      wrong: scaledMiB > 500 ? [`${scaledMiB.toFixed(0)} MiB for ${scaledTo} rows, at most 500 are allowed`] : [],
    }
  } finally {
    await platform.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function join1000(hub: BenchClient, fleet: BenchClient): Promise<void> {
  const group = 'cluster.kubernetes-fleet.io/v1beta1'
  const name = (index: number) => `bench-${String(index).padStart(4, '0')}`
  await each(clusters, async (index) => {
    await hub.create(memberClusters, {
      apiVersion: group,
      kind: 'MemberCluster',
      metadata: { name: name(index), labels: { 'bench-group': `g${index % 10}` } },
      spec: { identity: { kind: 'User', name: name(index) } },
    })
    const internal = `/apis/${group}/namespaces/fleet-member-${name(index)}/internalmemberclusters/${name(index)}`
    await hub.merge(`${internal}/status`, { status: report() })
  })
  await Promise.all(
    Array.from({ length: clusters }, (_, index) => fleet.until(name(index), (it) => isTrue(it, 'Joined'))),
  )
}

/** The heartbeat lies ahead, so that no refresh mixes with what is measured. */
function report(): object {
  const seconds = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '')
  const now = seconds(Date.now())
  const condition = (type: string) => ({ type, status: 'True', reason: type, message: '', lastTransitionTime: now })
  const amounts = { cpu: '16', memory: '64Gi' }
  return {
    agentStatus: [
      {
        type: 'MemberAgent',
        conditions: [condition('Joined'), condition('Healthy')],
        lastReceivedHeartbeat: seconds(Date.now() + 7_200_000),
      },
    ],
    properties: { 'kubernetes-fleet.io/node-count': { value: '4', observationTime: now } },
    resourceUsage: { capacity: amounts, allocatable: amounts, available: amounts, observationTime: now },
  }
}

/** Creates a placement that selects clusters by a label and waits until it is decided. */
async function decide(hub: BenchClient, name: string, matchLabels: object, found: number): Promise<void> {
  await hub.create(placements, {
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacement',
    metadata: { name },
    spec: {
      resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: 'bench' }],
      policy: {
        placementType: 'PickAll',
        affinity: {
          clusterAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              clusterSelectorTerms: [{ labelSelector: { matchLabels } }],
            },
          },
        },
      },
      strategy: { type: 'External' },
    },
  })
  await hub.until(name, (object) => hasFound(object, found))
}

async function flip(hub: BenchClient): Promise<void> {
  const moved = Array.from({ length: clusters }, (_, index) => index).filter((index) => index % 10 === 9)
  await Promise.all([
    each(moved.length, (at) =>
      hub.merge(`${memberClusters}/bench-${String(moved[at] ?? 0).padStart(4, '0')}`, {
        metadata: { labels: { 'bench-group': 'g0' } },
      }),
    ),
    ...Array.from({ length: concerned }, (_, index) => hub.until(`flip-${index}`, (it) => hasFound(it, 200))),
  ])
}

function hasFound(object: KubeObject | undefined, count: number): boolean {
  const text = JSON.stringify(object?.['status'] ?? {})
  return isTrue(object, 'ClusterResourcePlacementScheduled') && text.includes(`found ${count} cluster(s)`)
}

/** Bytes of every row with its keys, as Table Storage counts them: two for a character of a key. */
function stored(folder: string): number {
  const db = new DatabaseSync(join(folder, 'tables.db'), { readOnly: true })
  const row = db.prepare('SELECT sum(length(properties) + 2 * (length(pk) + length(rk))) AS bytes FROM entities').get()
  db.close()
  return Number(row?.['bytes'] ?? 0)
}

async function each(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
