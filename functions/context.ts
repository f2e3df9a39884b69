// The composition root: ports meet adapters here and nowhere else, once per process.
import { randomUUID } from 'node:crypto'
import { ManagedIdentityCredential } from '@azure/identity'
import { ServiceBusClient } from '@azure/service-bus'
import { ServiceBusMessageBus, serviceBusRetry } from '../shared/adapters/azure/service-bus.ts'
import { connectTable, type TablesAddress } from '../shared/adapters/azure/table-client.ts'
import { TableClusterStore } from '../shared/adapters/azure/table-cluster-store.ts'
import { TableNamespaceIndex } from '../shared/adapters/azure/table-namespace-index.ts'
import { createTableObjectStore } from '../shared/adapters/azure/table-object-store.ts'
import { TableOwnerIndex } from '../shared/adapters/azure/table-owner-index.ts'
import { TablePayloadStore } from '../shared/adapters/azure/table-payload-store.ts'
import { TablePlacementStore } from '../shared/adapters/azure/table-placement-store.ts'
import { kubeMemberClusters } from '../shared/adapters/kube/member-clusters.ts'
import { jsonLog } from '../shared/adapters/log/json-log.ts'
import { systemClock, systemIds } from '../shared/adapters/memory/system.ts'
import { kinds } from '../shared/api/kinds.ts'
import { type ApiServer, createApiServer } from '../shared/apiserver/api-server.ts'
import { loopbackAuthentication, loopbackUser } from '../shared/apiserver/auth/loopback.ts'
import { oidcTokens } from '../shared/apiserver/auth/oidc.ts'
import { staticToken } from '../shared/apiserver/auth/static-token.ts'
import { builtinKinds } from '../shared/apiserver/builtin/builtin-kinds.ts'
import { crdOf } from '../shared/apiserver/fleet/crd.ts'
import { fleetKinds } from '../shared/apiserver/fleet/fleet-kinds.ts'
import { ownedStore } from '../shared/apiserver/garbage/owned-store.ts'
import { createGarbageCollector } from '../shared/apiserver/garbage.ts'
import { hubKinds } from '../shared/apiserver/kinds/hub-kinds.ts'
import { createKindSource } from '../shared/apiserver/kinds/kind-source.ts'
import type { ApiServerOptions, News } from '../shared/apiserver/options.ts'
import { withWriteSignal } from '../shared/apiserver/write-signal.ts'
import { createAdmission } from '../shared/app/admission.ts'
import { fleetLists } from '../shared/app/fleet-lists.ts'
import { indexedStore } from '../shared/app/indexed-store.ts'
import { memberAccess } from '../shared/app/member-access.ts'
import { newsOf } from '../shared/app/news.ts'
import { objectIndex } from '../shared/app/object-index.ts'
import { placedKinds } from '../shared/app/placed-kinds.ts'
import { expectedAgents, type Platform, type Settings } from '../shared/app/platform.ts'
import { createPlanReview, createPreview } from '../shared/app/preview.ts'
import { createPublisher, type Publisher } from '../shared/app/publisher.ts'
import { withRecordSignal } from '../shared/app/record-signal.ts'
import { rememberedStore } from '../shared/app/remembered-store.ts'
import { fleetViews } from '../shared/app/views/fleet-views.ts'
import { type Config, type Endpoint, readConfig } from '../shared/config/config.ts'
import type { Outbox } from '../shared/ports/outbox.ts'
import { ending } from './ending.ts'

export interface AppContext {
  readonly apiServer: ApiServer
  readonly platform: Platform
  readonly publisher: Publisher
}

let context: Promise<AppContext> | undefined

/** The process's context; made at the first invocation, because loading the app must not touch the network. */
export function getContext(): Promise<AppContext> {
  context ??= createContext(readConfig()).catch((error: unknown) => {
    context = undefined
    throw error
  })
  return context
}

async function createContext(config: Config): Promise<AppContext> {
  const log = jsonLog(config.log, (line, level) => (level === 'error' ? console.error(line) : console.log(line)))
  const clock = systemClock
  const bus = new ServiceBusMessageBus(serviceBusClient(config.serviceBus), clock)
  const publisher = createPublisher({ bus, log })

  const address = tablesAddress(config.tables)
  const tables = {
    objects: connectTable(address, 'objects'),
    payloads: connectTable(address, 'payloads'),
    manifests: connectTable(address, 'manifests'),
    placements: connectTable(address, 'placements'),
    clusters: connectTable(address, 'clusters'),
    namespaces: connectTable(address, 'namespaces'),
    owners: connectTable(address, 'owners'),
  }
  await Promise.all(Object.values(tables).map((table) => table.createTable()))

  const tableObjects: ReturnType<typeof createTableObjectStore> = createTableObjectStore({
    objects: tables.objects,
    payloads: tables.payloads,
    clock,
    newId: randomUUID,
    committed: publisher.committed((): Outbox => tableObjects),
    indexOf: objectIndex,
  })
  const tablePlacements: TablePlacementStore = new TablePlacementStore({
    table: tables.placements,
    clock,
    committed: publisher.committed((): Outbox => tablePlacements),
  })
  const placements = withRecordSignal(tablePlacements)
  const namespaces = new TableNamespaceIndex(tables.namespaces)
  const owners = new TableOwnerIndex(tables.owners)
  const served = createKindSource({ store: tableObjects, base: [...builtinKinds, ...fleetKinds], clock })
  const door = { ...config.door, networking: config.networkingAgents }
  const admit = createAdmission({ kinds: hubKinds(served), objects: tableObjects, door })
  const settings = settingsOf(config)
  const records = {
    placements,
    clusters: new TableClusterStore(tables.clusters),
    payloads: new TablePayloadStore(tables.manifests),
    lists: fleetLists(tableObjects, clock),
    bus,
    clock,
    settings,
  }
  const news: News = (change) => newsOf(change, clock.now(), settings.membership)
  const objects = withWriteSignal(rememberedStore(ownedStore(indexedStore(tableObjects, namespaces), owners), clock))
  const asking = { ...records, objects, kinds: hubKinds(served), namespaces, ids: systemIds }
  const apiServer = createApiServer({
    store: objects,
    kinds: served,
    clock,
    ids: systemIds,
    log,
    ...access(config),
    authorize: 'rbac',
    serviceAccounts: config.serviceAccounts,
    admit: (operation, _kind, object, old, request) => admit(operation, object, old, request),
    news,
    views: fleetViews({ ...records, objects }),
    preview: createPreview(asking),
    reviews: { PlacementPlan: createPlanReview(asking) },
    limits: { watchSeconds: config.watchMs / 1000 },
  })
  const members = kubeMemberClusters({
    clock,
    limits: { timeoutMs: config.memberTimeoutMs, probeMs: config.memberTimeoutMs },
  })
  const collector = createGarbageCollector({ store: objects, owners, kinds: served, clock, news })
  const platform: Platform = {
    ...records,
    objects,
    index: tableObjects,
    outboxes: [tableObjects, tablePlacements],
    bus,
    access: memberAccess({ objects, members, clock }),
    memberCrds: kinds.filter(({ kind }) => kind === 'AppliedWork').map(crdOf),
    kinds: hubKinds(served),
    placedKinds: placedKinds(records.clusters),
    namespaces,
    garbage: {
      collect: (message) => collector.collectGarbage(message),
      expireEvents: async () => {
        await collector.expireEvents()
      },
    },
    ids: systemIds,
    log,
    ending: ending.signal,
  }
  return { apiServer, platform, publisher }
}

function settingsOf({ networkingAgents: networking, membership, ...times }: Config): Settings {
  return { ...times, membership: { ...membership, expectedAgents: expectedAgents(networking) } }
}

function access({ auth, serviceAccounts }: Config): Pick<ApiServerOptions, 'authenticate' | 'authenticators'> {
  const nobody = () => undefined
  if (auth.kind === 'loopback') {
    if (auth.adminToken === undefined) return { authenticate: loopbackAuthentication }
    return {
      authenticate: nobody,
      authenticators: [staticToken(auth.adminToken, loopbackUser, [serviceAccounts.issuer])],
    }
  }
  return { authenticate: nobody, authenticators: [oidcTokens({ ...auth, now: systemClock.now })] }
}

function tablesAddress(endpoint: Endpoint): TablesAddress {
  return endpoint.kind === 'connectionString'
    ? { connectionString: endpoint.value }
    : { url: endpoint.endpoint, credential: new ManagedIdentityCredential() }
}

function serviceBusClient(endpoint: Endpoint): ServiceBusClient {
  return endpoint.kind === 'connectionString'
    ? new ServiceBusClient(endpoint.value, { retryOptions: serviceBusRetry })
    : new ServiceBusClient(endpoint.endpoint, new ManagedIdentityCredential(), { retryOptions: serviceBusRetry })
}
