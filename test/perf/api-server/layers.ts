// Where the time of a request goes: the same requests to the API server over memory, over the embedded tables, and as a
// user reaches it, through the functions host with the message bus beside it. One after the other, in one process.
import { TableClient } from '@azure/data-tables'
import { startPlatform } from '../../../infra/local/platform.ts'
import { startTables } from '../../../infra/local/table/start-tables.ts'
import { createTableObjectStore } from '../../../shared/adapters/azure/table-object-store.ts'
import { createMemoryObjectStore } from '../../../shared/adapters/memory/object-store.ts'
import { systemClock, systemIds } from '../../../shared/adapters/memory/system.ts'
import { type ApiServer, createApiServer } from '../../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../../shared/apiserver/builtin/builtin-kinds.ts'
import { createKindSource } from '../../../shared/apiserver/kinds/kind-source.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { apiClient, configMap } from './client.ts'
import { aligned } from './compare.ts'

interface Layer {
  readonly layer: string
  /** Median milliseconds of one request. */
  readonly getMs: number
  readonly createMs: number
}

const maps = '/api/v1/namespaces/layers/configmaps'
const times = 400

type Send = (method: string, path: string, body?: unknown) => Promise<unknown>

/** Lines to print. */
export async function requestLayers(): Promise<string[]> {
  const layers = await measureLayers()
  return aligned([
    ['median ms of one request at a time', 'get', 'create'],
    ...layers.map(({ layer, getMs, createMs }) => [layer, getMs.toFixed(2), createMs.toFixed(2)]),
  ])
}

async function measureLayers(): Promise<Layer[]> {
  const memory = await measure(
    'API server over memory',
    throughApi(serverOver(createMemoryObjectStore({ clock: systemClock }))),
  )
  const tables = await startTables()
  const table = (name: string): TableClient =>
    TableClient.fromConnectionString(tables.connectionString, name, { allowInsecureConnection: true })
  const store = createTableObjectStore({
    objects: table('objects'),
    payloads: table('payloads'),
    clock: systemClock,
    newId: systemIds.uuid,
  })
  const embedded = await measure('and the embedded tables', throughApi(serverOver(store)))
  await tables.close()
  const platform = await startPlatform({ settings: { HUBLESS_LOG: 'silent' } })
  const client = apiClient({ url: platform.url, pids: [] })
  const whole = await measure('and functions host and messages', client.send)
  client.close()
  await platform.stop()
  return [memory, embedded, whole]
}

function serverOver(store: ObjectStore): ApiServer {
  return createApiServer({
    store,
    kinds: createKindSource({ store, base: builtinKinds, clock: systemClock }),
    clock: systemClock,
    ids: systemIds,
    log: { info() {}, warn() {}, error() {} },
    authenticate: loopbackAuthentication,
    authorize: allowEverything,
  })
}

function throughApi(api: ApiServer): Send {
  return async (method, path, body) => {
    const init =
      body === undefined
        ? { method }
        : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const answer = await api.handle(new Request(`http://localhost${path}`, init))
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  }
}

async function measure(layer: string, send: Send): Promise<Layer> {
  await send('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'layers' } })
  for (let index = 0; index < times; index += 1) await send('POST', maps, configMap(`warm-${index}`))
  for (let index = 0; index < times; index += 1) await send('GET', `${maps}/warm-${index}`)
  const createMs = await median((index) => send('POST', maps, configMap(`map-${index}`)))
  const getMs = await median((index) => send('GET', `${maps}/map-${index}`))
  return { layer, getMs, createMs }
}

async function median(work: (index: number) => Promise<unknown>): Promise<number> {
  const samples: number[] = []
  for (let index = 0; index < times; index += 1) {
    const start = performance.now()
    await work(index)
    samples.push(performance.now() - start)
  }
  return samples.sort((a, b) => a - b)[times >> 1] ?? 0
}
