// The hub beside a real kube-apiserver with its etcd: the same client, the same objects, one after the other on the same
// machine. Prints one line of JSON. Started by bench.ts; needs KUBEBUILDER_ASSETS.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startControlPlanes } from '../../support/control-plane.ts'
import { startHub } from '../../support/hub-process.ts'
import { apiClient, type Target } from './client.ts'
import { followAll, type Measured, measureOperations } from './operations.ts'
import { usageOf } from './processes.ts'

export interface ServerResult {
  readonly operations: readonly Measured[]
  readonly rssMiB: number | undefined
  /** Processor time of the server while its watchers hear nothing. */
  readonly idleCpuPercent: number | undefined
  /** Processor time of the server over all operations. */
  readonly cpuSeconds: number | undefined
}

const idleSeconds = 20

async function measure(target: Target): Promise<ServerResult> {
  const client = apiClient(target)
  const before = usageOf(target.pids)
  const operations = await measureOperations(client)
  client.close()
  const after = usageOf(target.pids)
  const idle = apiClient(target)
  await followAll(idle, () => undefined)
  await delay(2_000)
  const start = usageOf(target.pids)
  await delay(idleSeconds * 1_000)
  const end = usageOf(target.pids)
  idle.close()
  return {
    operations,
    rssMiB: after?.rssMiB,
    cpuSeconds: before && after && after.cpuSeconds - before.cpuSeconds,
    idleCpuPercent: start && end && ((end.cpuSeconds - start.cpuSeconds) / idleSeconds) * 100,
  }
}

async function measureReal(): Promise<ServerResult> {
  await using planes = await startControlPlanes([{ name: 'bench', controllers: [] }])
  const { server, token, ca } = planes.cluster('bench')
  const pids = planes.processes.filter(({ name }) => /etcd|kube-apiserver/.test(name)).map(({ pid }) => pid)
  return await measure({ name: 'kube-apiserver', url: server, token, ca, pids })
}

async function measureHub(): Promise<ServerResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const hub = await startHub(folder, ['--members', '0', '--no-example', '--port', '0'], { HUBLESS_LOG: 'silent' })
  try {
    return await measure({ name: 'hub', url: hub.url, pids: [hub.pid] })
  } finally {
    await hub.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

const real = await measureReal()
const hub = await measureHub()
console.log(JSON.stringify({ hub, real }))
process.exit(0)
