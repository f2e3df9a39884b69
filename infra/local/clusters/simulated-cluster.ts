// One simulated cluster: the API server over an object store in memory, nodes, controllers and garbage collection.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createMemoryObjectStore } from '../../../shared/adapters/memory/object-store.ts'
import { MemoryOwnerIndex } from '../../../shared/adapters/memory/owner-index.ts'
import { isJsonObject } from '../../../shared/api/json.ts'
import type { KubeObject, ResourceType } from '../../../shared/api/kube-object.ts'
import { createApiServer } from '../../../shared/apiserver/api-server.ts'
import { allowEverything } from '../../../shared/apiserver/auth/loopback.ts'
import { builtinKinds, builtinRelease } from '../../../shared/apiserver/builtin/builtin-kinds.ts'
import { garbageNews } from '../../../shared/apiserver/garbage/garbage-news.ts'
import { ownedStore } from '../../../shared/apiserver/garbage/owned-store.ts'
import { createGarbageCollector } from '../../../shared/apiserver/garbage.ts'
import { createKindSource } from '../../../shared/apiserver/kinds/kind-source.ts'
import type { Admit, Authenticate, News } from '../../../shared/apiserver/options.ts'
import type { Clock, Ids } from '../../../shared/ports/clock.ts'
import type { Log } from '../../../shared/ports/log.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { createControllers } from './controllers.ts'
import { createGarbageLoop } from './garbage-loop.ts'
import { nodesOf } from './nodes.ts'

/** What makes one cluster differ from the next, and what it runs on. */
export interface SimulatedClusterOptions {
  /** Decides how many nodes it has and how large they are. */
  readonly index: number
  /** The administrator's bearer token. */
  readonly token: string
  readonly readyMs: number
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** A cluster without a port of its own. */
export interface SimulatedCluster {
  /** A request with the cluster's path taken off. Never rejects. */
  handle(request: Request): Promise<Response>
  statuses(): number
  close(): void
}

/** Enough for a watch that fell behind; a thousand clusters keep theirs at once. */
const keepChanges = 500
const nodeType: ResourceType = { group: '', resource: 'nodes' }

/** Writes nothing, not even its nodes, before the first request. */
export function createSimulatedCluster(options: SimulatedClusterOptions): SimulatedCluster {
  const { clock, ids, log } = options
  const store = createMemoryObjectStore({
    clock,
    keepChanges,
    committed: (entry) => {
      garbage.collect(entry.messages)
      store.settle([entry]).catch(() => undefined)
    },
  })
  const nodes = nodesOf(options.index, timeText(clock.now()), ids.uuid)
  const controllers = createControllers({ store, clock, log, readyMs: options.readyMs, nodes: nodes.length })
  const owners = new MemoryOwnerIndex()
  const owned = ownedStore(store, owners)
  const noticing: ObjectStore = {
    get: store.get,
    list: store.list,
    changes: store.changes,
    revision: store.revision,
    write: async (type, write) => {
      const stored = await owned.write(type, write)
      if (write.object) controllers.noticed(type, write.key)
      return stored
    },
  }
  const kinds = createKindSource({ store, base: builtinKinds, clock })
  const news: News = garbageNews
  const collector = createGarbageCollector({ store: noticing, owners, kinds, clock, news })
  const garbage = createGarbageLoop(() => collector, clock, log)
  const server = createApiServer({
    store: noticing,
    kinds,
    clock,
    ids,
    log,
    authenticate: holdersOf(options.token),
    authorize: allowEverything,
    admit: giveAddress,
    news,
    version: builtinRelease,
  })
  let seeded: Promise<void> | undefined
  const seed = async () => {
    for (const object of nodes)
      await store.write(nodeType, { key: { name: object.metadata.name ?? '' }, expect: 'absent', object })
  }

  return {
    handle: async (request) => {
      seeded ??= seed()
      await seeded
      return server.handle(request)
    },
    statuses: controllers.statuses,
    close: () => {
      controllers.close()
      garbage.close()
    },
  }
}

const timeText = (ms: number) => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')

/**
 * A wrong token is refused, as everywhere. None at all is fine: kubectl sends no credentials over plain HTTP, and only
 * this machine reaches the port.
 */
function holdersOf(token: string): Authenticate {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  const wanted = digest(`Bearer ${token}`)
  return (request) => {
    const given = request.headers.get('authorization')
    if (given !== null && !timingSafeEqual(digest(given), wanted)) return undefined
    return { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
  }
}

/** A real API server gives every Service an address as it is created, and keeps it. */
const giveAddress: Admit = (operation, { group, kind }, object, old) => {
  if (operation === 'DELETE' || group !== '' || kind !== 'Service') return { object }
  const spec = isJsonObject(object['spec']) ? object['spec'] : {}
  if (spec['type'] === 'ExternalName' || spec['clusterIP']) return { object }
  const before = old && isJsonObject(old['spec']) ? old['spec'] : {}
  const address =
    typeof before['clusterIP'] === 'string' && before['clusterIP'] !== '' ? before['clusterIP'] : addressOf(object)
  return { object: { ...object, spec: { ...spec, clusterIP: address, clusterIPs: [address] } } }
}

/** In the usual service range; the same for the same name, so two Services may share one, which nobody here minds. */
function addressOf({ metadata }: KubeObject): string {
  const digest = createHash('sha256').update(`${metadata.namespace}/${metadata.name}`).digest()
  return `10.96.${digest[0]}.${1 + ((digest[1] ?? 0) % 254)}`
}
