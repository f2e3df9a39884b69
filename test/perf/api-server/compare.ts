// The hub beside a real kube-apiserver with its etcd: the same client, the same objects, one after the other on the same
// machine. Times are told as ratios too. Without KUBEBUILDER_ASSETS only the hub's own figures are told.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { haveControlPlane, startControlPlanes } from '../../support/control-plane.ts'
import { startHub } from '../../support/hub-process.ts'
import { apiClient, type Target } from './client.ts'
import { followAll, type Measured, measureOperations } from './operations.ts'
import { type Usage, usageOf } from './processes.ts'

interface ServerResult {
  readonly operations: readonly Measured[]
  readonly before: Usage | undefined
  readonly after: Usage | undefined
  /** Processor time of the server while its watchers hear nothing. */
  readonly idleCpuPercent: number | undefined
}

const idleSeconds = 20

/** Lines to print. */
export async function compareServers(): Promise<string[]> {
  const real = haveControlPlane() ? await measureReal() : undefined
  return report(await measureHub(), real)
}

async function measureReal(): Promise<ServerResult> {
  await using planes = await startControlPlanes([{ name: 'bench', controllers: [] }])
  const { server, token, ca } = planes.cluster('bench')
  const pids = planes.processes.filter(({ name }) => /etcd|kube-apiserver/.test(name)).map(({ pid }) => pid)
  return await measure({ url: server, token, ca, pids })
}

async function measureHub(): Promise<ServerResult> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  const hub = await startHub(folder, ['--members', '0', '--no-example', '--port', '0'], { HUBLESS_LOG: 'silent' })
  try {
    return await measure({ url: hub.url, pids: [hub.pid] })
  } finally {
    await hub.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

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
  const idleCpuPercent = start && end && ((end.cpuSeconds - start.cpuSeconds) / idleSeconds) * 100
  return { operations, before, after, idleCpuPercent }
}

function report(hub: ServerResult, real: ServerResult | undefined): string[] {
  const rows = hub.operations.map((own) => {
    const other = real?.operations.find(({ operation }) => operation === own.operation)
    const ratio = other && `${(own.p50Ms / other.p50Ms).toFixed(1)}x / ${(own.p99Ms / other.p99Ms).toFixed(1)}x`
    return [own.operation, figures(own), other ? figures(other) : '-', ratio ?? '-']
  })
  const table = [['p50 / p99 ms, requests per second', 'hub', 'kube-apiserver + etcd', 'ratio of p50 / p99'], ...rows]
  return [
    ...aligned(table),
    ...(hub.idleCpuPercent === undefined
      ? []
      : [`50 idle watchers: hub ${percent(hub)} of a core, kube-apiserver + etcd ${percent(real)}`]),
    `memory behind it: hub (tables, bus and functions host with it) ${mib(hub)}, kube-apiserver + etcd ${mib(real)}`,
    `CPU of all operations: hub ${seconds(hub)}, kube-apiserver + etcd ${seconds(real)}`,
  ]
}

function figures({ p50Ms, p99Ms, perSecond }: Measured): string {
  return `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}, ${Math.round(perSecond)}/s`
}

function percent(result: ServerResult | undefined): string {
  return result?.idleCpuPercent === undefined ? '-' : `${result.idleCpuPercent.toFixed(1)} %`
}

function mib(result: ServerResult | undefined): string {
  return result?.after ? `${Math.round(result.after.rssMiB)} MiB` : '-'
}

function seconds(result: ServerResult | undefined): string {
  return result?.before && result.after ? `${(result.after.cpuSeconds - result.before.cpuSeconds).toFixed(1)} s` : '-'
}

/** Rows with their columns below each other. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
