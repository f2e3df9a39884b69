// A whole hub in one process: the real API server and every use case over memory adapters, a bus that is delivered by
// hand, a clock that stands still. Faults are injected at every port call from a seed.
import assert from 'node:assert/strict'
import { MemoryClusterStore } from '../../shared/adapters/memory/cluster-store.ts'
import { ManualClock, sequentialIds } from '../../shared/adapters/memory/manual-clock.ts'
import { type MemoryMember, memoryMembers } from '../../shared/adapters/memory/member-cluster.ts'
import { MemoryMessageBus } from '../../shared/adapters/memory/message-bus.ts'
import { MemoryNamespaceIndex } from '../../shared/adapters/memory/namespace-index.ts'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { MemoryOwnerIndex } from '../../shared/adapters/memory/owner-index.ts'
import { MemoryPayloadStore } from '../../shared/adapters/memory/payload-store.ts'
import { MemoryPlacementStore } from '../../shared/adapters/memory/placement-store.ts'
import { kinds as fleetDefinitions } from '../../shared/api/kinds.ts'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { type Message, type QueueName, queues } from '../../shared/api/message.ts'
import type { PlacementStatus } from '../../shared/api/placement.ts'
import { createApiServer } from '../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../shared/apiserver/builtin/builtin-kinds.ts'
import { crdOf } from '../../shared/apiserver/fleet/crd.ts'
import { fleetKinds } from '../../shared/apiserver/fleet/fleet-kinds.ts'
import { ownedStore } from '../../shared/apiserver/garbage/owned-store.ts'
import { createGarbageCollector } from '../../shared/apiserver/garbage.ts'
import { hubKinds } from '../../shared/apiserver/kinds/hub-kinds.ts'
import { createKindSource } from '../../shared/apiserver/kinds/kind-source.ts'
import { createAdmission } from '../../shared/app/admission.ts'
import { applyWork } from '../../shared/app/apply-work.ts'
import { collectGarbage } from '../../shared/app/collect-garbage.ts'
import { fleetLists } from '../../shared/app/fleet-lists.ts'
import { foldStatus } from '../../shared/app/fold-status.ts'
import { indexedStore } from '../../shared/app/indexed-store.ts'
import { joinCluster } from '../../shared/app/join-cluster.ts'
import { memberAccess } from '../../shared/app/member-access.ts'
import { newsOf } from '../../shared/app/news.ts'
import { objectIndex } from '../../shared/app/object-index.ts'
import { placedKinds } from '../../shared/app/placed-kinds.ts'
import type { Platform, Settings } from '../../shared/app/platform.ts'
import { createPlanReview, createPreview } from '../../shared/app/preview.ts'
import { createPublisher, relayOutbox } from '../../shared/app/publisher.ts'
import { reconcilePlacement } from '../../shared/app/reconcile-placement.ts'
import { withRecordSignal } from '../../shared/app/record-signal.ts'
import { rememberedStore } from '../../shared/app/remembered-store.ts'
import { rolloutPlacement } from '../../shared/app/rollout-placement.ts'
import { schedulePlacement } from '../../shared/app/schedule-placement.ts'
import { park, settleFailure } from '../../shared/app/settle.ts'
import { probeClusters, resync, sweepDrift } from '../../shared/app/timers.ts'
import { fleetViews } from '../../shared/app/views/fleet-views.ts'
import { watchMembers } from '../../shared/app/watch-members.ts'
import { ConflictError, TransientError } from '../../shared/errors.ts'
import { CrashError, type FaultRates, faultInjector, noFaults, type PlannedFault, seededRandom } from './faults.ts'
import { pathOf } from './object-path.ts'
import { door, settings as usual } from './settings.ts'

/** Deliveries after which a pipeline that has not come to rest is judged to be spinning. */
const deliveryLimit = 20_000

/** How long a delayed message stays away; longer than any window in which wake-ups become one. */
const delayMs = 4_000

export interface WorldOptions {
  readonly seed?: number
  readonly members?: readonly string[]
  readonly faults?: FaultRates
  readonly planned?: PlannedFault
  /** When workloads on members become ready: at once (default), or when the test settles a member. */
  readonly workloads?: 'at once' | 'on settle'
  readonly settings?: Partial<Settings>
}

export type World = Awaited<ReturnType<typeof createWorld>>

export async function createWorld({
  seed = 1,
  members: names = ['one', 'two', 'three'],
  faults = noFaults,
  planned,
  workloads = 'at once',
  ...options
}: WorldOptions = {}) {
  const settings = { ...usual, ...options.settings }
  const random = seededRandom(seed)
  const clock = new ManualClock()
  const ids = sequentialIds()
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const injector = faultInjector(random, faults, planned)
  const bus = new MemoryMessageBus(clock)
  const faultyBus = injector.wrap('bus', bus)
  const publisher = createPublisher({ bus: faultyBus, log })
  const members = memoryMembers({ clock, ids, garbage: 'at once', workloads })

  const objectStore: ReturnType<typeof createMemoryObjectStore> = createMemoryObjectStore({
    clock,
    committed: publisher.committed(() => objectStore),
    indexOf: objectIndex,
  })
  const placementStore: MemoryPlacementStore = new MemoryPlacementStore({
    clock,
    committed: publisher.committed(() => placementStore),
  })
  const placementRecords = withRecordSignal(placementStore)
  const namespaces = new MemoryNamespaceIndex()
  const owners = new MemoryOwnerIndex()
  const served = createKindSource({ store: objectStore, base: [...builtinKinds, ...fleetKinds], clock })
  const admit = createAdmission({ kinds: hubKinds(served), objects: objectStore, door })
  const clusterStore = new MemoryClusterStore()
  const payloadStore = new MemoryPayloadStore()
  const news = (change: Parameters<typeof newsOf>[0]) => newsOf(change, clock.now(), settings.membership)
  const asking = {
    objects: objectStore,
    placements: placementStore,
    payloads: payloadStore,
    kinds: hubKinds(served),
    namespaces,
    lists: fleetLists(objectStore, clock),
    clock,
    ids,
    settings,
  }
  const api = createApiServer({
    store: rememberedStore(ownedStore(indexedStore(objectStore, namespaces), owners), clock),
    kinds: served,
    clock,
    ids,
    log,
    authenticate: loopbackAuthentication,
    authorize: allowEverything,
    preview: createPreview(asking),
    reviews: { PlacementPlan: createPlanReview(asking) },
    admit: (operation, _kind, object, old, request) => admit(operation, object, old, request),
    news,
    views: fleetViews({
      objects: objectStore,
      placements: placementRecords,
      clusters: clusterStore,
      payloads: payloadStore,
      lists: fleetLists(objectStore, clock),
      bus,
      clock,
      settings,
    }),
  })
  const objects = injector.wrap('objects', { ...objectStore, ...ownedStore(objectStore, owners) })
  const collector = createGarbageCollector({ store: objectStore, owners, kinds: served, clock, news })
  const faultyMembers = {
    connect: async (cluster: string, kubeconfig: string) =>
      injector.wrap(`member ${cluster}`, await members.connect(cluster, kubeconfig)),
  }
  const faultyClusters = injector.wrap('clusters', clusterStore)
  const platform: Platform = {
    objects,
    placements: injector.wrap('placements', placementRecords),
    clusters: faultyClusters,
    payloads: injector.wrap('payloads', payloadStore),
    index: injector.wrap('index', objectStore),
    outboxes: [objectStore, placementStore],
    bus: faultyBus,
    access: memberAccess({ objects, members: faultyMembers, clock }),
    memberCrds: fleetDefinitions.filter(({ kind }) => kind === 'AppliedWork').map(crdOf),
    kinds: hubKinds(served),
    namespaces: injector.wrap('namespaces', namespaces),
    garbage: {
      collect: (message) => collector.collectGarbage(message),
      expireEvents: async () => {
        await collector.expireEvents()
      },
    },
    lists: fleetLists(objects, clock),
    clock,
    ids,
    log,
    settings,
    placedKinds: placedKinds(faultyClusters),
    ending: new AbortController().signal,
  }
  const useCases: { [Q in QueueName]: (body: never) => Promise<void> } = {
    'reconcile-placement': (body) => reconcilePlacement(platform, body),
    'schedule-placement': (body) => schedulePlacement(platform, body),
    'rollout-placement': (body) => rolloutPlacement(platform, body),
    'apply-work': (body) => applyWork(platform, body),
    'watch-members': (body) => watchMembers(platform, body),
    'fold-status': (body) => foldStatus(platform, body),
    'join-cluster': (body) => joinCluster(platform, body),
    'collect-garbage': (body) => collectGarbage(platform, body),
  }

  let deliveries = 0
  /** Called after every delivery; throw to fail the test at the very step that broke an invariant. */
  const watchers: (() => void)[] = []

  async function request(method: string, path: string, body?: unknown, contentType = 'application/json') {
    const init = {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } }),
    }
    const response = await publisher.during(() => api.handle(new Request(`http://hub${path}`, init)))
    const text = await response.text()
    return { code: response.status, body: JSON.parse(text) as KubeObject & { items?: KubeObject[]; message?: string } }
  }

  /** One function invocation: the message is gone when it ends well, comes back when the process dies. */
  function deliver(message: Message): Promise<void> {
    return publisher.during(() => invoke(message))
  }

  async function invoke(message: Message): Promise<void> {
    deliveries += 1
    assert.ok(deliveries < deliveryLimit, `the pipeline does not come to rest (seed ${seed})`)
    bus.take(message)
    if (injector.happens('delay')) return bus.put({ ...message, notBefore: clock.now() + delayMs })
    try {
      const parsed = queues[message.queue].safeParse(message.body)
      if (!parsed.success) await park(platform, message.queue, JSON.stringify(message.body), parsed.error.message)
      else await useCases[message.queue](parsed.data as never).catch((error: unknown) => settle(message, error))
      if (injector.happens('duplicate')) bus.put(message)
    } catch (error) {
      // A function that throws has its message abandoned: it comes back at once.
      if (!(error instanceof CrashError || error instanceof TransientError || error instanceof ConflictError))
        throw error
      bus.put(message)
    }
    for (const watch of watchers) watch()
  }

  async function settle(message: Message, error: unknown): Promise<void> {
    if (error instanceof CrashError) throw error
    await settleFailure(platform, message, error)
  }

  /** The next message: sessions in order, unless reordering is injected. */
  function next(): Message | undefined {
    const due = bus.due()
    if (due.length === 0) return undefined
    const heads = injector.happens('reorder')
      ? due
      : due.filter((message, at) => due.findIndex((other) => sameSession(other, message)) === at)
    return heads[Math.floor(random() * heads.length)]
  }

  const world = {
    seed,
    clock,
    bus,
    platform,
    api,
    request,
    watchers,
    objects: objectStore,
    placements: placementStore,
    payloads: payloadStore,
    faults: injector,
    member: (name: string): MemoryMember => members.member(name),
    deliveries: () => deliveries,

    /** Creates or replaces objects through the API; fails the test when the hub refuses. */
    async apply(...all: readonly KubeObject[]): Promise<void> {
      for (const object of all) {
        const { code, body } = await world.tryApply(object)
        assert.ok(code < 300, `${object.kind} ${object.metadata.name}: ${code} ${body.message}`)
      }
    },

    async tryApply(object: KubeObject) {
      const path = pathOf(object)
      const query = '?fieldManager=test&force=true'
      return request('PATCH', `${path}${query}`, object, 'application/apply-patch+yaml')
    },

    async get(object: {
      apiVersion: string
      kind: string
      metadata: { name?: string | undefined; namespace?: string | undefined }
    }) {
      const { code, body } = await request('GET', pathOf(object))
      return code === 200 ? body : undefined
    },

    async remove(object: KubeObject): Promise<void> {
      const { code, body } = await request('DELETE', pathOf(object))
      assert.ok(code < 300 || code === 404, `${code} ${body.message}`)
    },

    /** Delivers what is due until nothing is. */
    async deliverDue(): Promise<void> {
      for (let message = next(); message; message = next()) await deliver(message)
    },

    /** Delivers everything, moving the clock to whatever waits, for at most `ms` of the world's time. */
    async run(ms = 20_000): Promise<void> {
      const end = clock.now() + ms
      for (;;) {
        await world.deliverDue()
        const at = bus.nextDue()
        if (at === undefined || at > end) break
        clock.advance(at - clock.now())
      }
    },

    /** One period of every timer, then everything they set going. */
    async tick(ms = 60_000): Promise<void> {
      clock.advance(ms)
      injector.pause()
      await relayOutbox({ bus, outboxes: platform.outboxes, clock }, { olderThanMs: 30_000 })
      await probeClusters(platform)
      await sweepDrift(platform)
      await resync(platform)
      injector.resume()
      await world.run()
    },

    async status(name: string): Promise<PlacementStatus | undefined> {
      const object = await world.get({ ...placementKind, metadata: { name } })
      return object?.['status'] as PlacementStatus | undefined
    },
  }

  for (const name of names) await world.apply(...clusterObjects(name))
  return world
}

export { pathOf } from './object-path.ts'

export const placementKind = { apiVersion: 'placement.kubernetes-fleet.io/v1beta1', kind: 'ClusterResourcePlacement' }

/** A member's Secret and MemberCluster. */
export function clusterObjects(name: string, labels: Record<string, string> = {}): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-kubeconfig`, namespace: 'fleet-system' },
      data: { value: Buffer.from(`kubeconfig of ${name}`).toString('base64') },
    },
    {
      apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
      kind: 'MemberCluster',
      metadata: { name, labels },
      spec: { identity: { kind: 'ServiceAccount', name, namespace: 'fleet-system' } },
    },
  ]
}

function sameSession(a: Message, b: Message): boolean {
  return a.queue === b.queue && a.session === b.session
}
