// The two servers: a real control plane, and the hub as `npm start -- --tls` starts it, without members.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startControlPlanes } from '../support/control-plane.ts'
import { startHub } from '../support/hub-process.ts'
import type { Target } from './client.ts'

/** What a hub does that a bare API server leaves to its controllers. */
const controllers = [
  'namespace-controller',
  'garbage-collector-controller',
  'clusterrole-aggregation-controller',
  'serviceaccount-controller',
]

export interface Servers extends AsyncDisposable {
  readonly real: Target
  readonly hub: Target
}

/** Starts both side by side; `await using` stops them. */
export async function startServers(): Promise<Servers> {
  const data = mkdtempSync(join(tmpdir(), 'conformance-hub-'))
  const [planes, process] = await Promise.all([
    startControlPlanes([{ name: 'real', controllers }]),
    startHub(data, ['--tls', '--members', '0', '--no-example', '--port', '0']),
  ])
  const { server, ca, token } = planes.cluster('real')
  const kept = (name: string) => readFileSync(join(data, name), 'utf8')
  return {
    real: { name: 'real', url: server, ca, token },
    hub: { name: 'hub', url: process.url, ca: kept('ca.crt'), token: kept('admin-token').trim() },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([planes.stop(), process.stop()])
      rmSync(data, { recursive: true, force: true })
    },
  }
}
