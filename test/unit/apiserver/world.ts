// A whole API server over memory, with a clock that stands still, for the tests of this folder.
import assert from 'node:assert/strict'
import { ManualClock, sequentialIds } from '../../../shared/adapters/memory/manual-clock.ts'
import { createMemoryObjectStore } from '../../../shared/adapters/memory/object-store.ts'
import { MemoryOwnerIndex } from '../../../shared/adapters/memory/owner-index.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { GarbageMessage } from '../../../shared/api/message.ts'
import { createApiServer } from '../../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../../shared/apiserver/builtin/builtin-kinds.ts'
import { ownedStore } from '../../../shared/apiserver/garbage/owned-store.ts'
import { createGarbageCollector } from '../../../shared/apiserver/garbage.ts'
import type { ServedKind } from '../../../shared/apiserver/kind.ts'
import { createKindSource } from '../../../shared/apiserver/kinds/kind-source.ts'
import type { ApiServerOptions, Authorize } from '../../../shared/apiserver/options.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'

export interface Answer {
  readonly code: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
  readonly object: KubeObject
}

export interface World {
  readonly clock: ManualClock
  readonly store: ReturnType<typeof createApiServer>['store']
  /** The same data as another instance would write it: this server is not told. */
  readonly elsewhere: ObjectStore
  readonly garbage: GarbageMessage[]
  readonly errors: string[]
  handle(request: Request): Promise<Response>
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Deletes events that are over. */
  expireEvents(): Promise<number>
  /** Runs the collector until nothing is left; fails when it never ends. */
  collect(): Promise<void>
}

/** A custom kind without a schema. */
export const gadget: ServedKind = {
  origin: 'custom',
  group: 'demo.io',
  version: 'v1',
  kind: 'Gadget',
  listKind: 'GadgetList',
  plural: 'gadgets',
  singular: 'gadget',
  shortNames: ['gd'],
  categories: ['all'],
  namespaced: true,
  storage: { group: 'demo.io', resource: 'gadgets' },
  storageApiVersion: 'demo.io/v1',
  statusSubresource: true,
  scale: {
    specReplicasPath: '.spec.replicas',
    statusReplicasPath: '.status.replicas',
    labelSelectorPath: '.status.selector',
  },
  columns: [],
  selectableFields: ['spec.color'],
  strategicMerge: false,
  needsVersion: true,
  generation: true,
}

export function createWorld(options: Partial<ApiServerOptions> & { keepChanges?: number } = {}): World {
  const clock = new ManualClock()
  const garbage: GarbageMessage[] = []
  const errors: string[] = []
  const memory = createMemoryObjectStore({
    clock,
    ...(options.keepChanges && { keepChanges: options.keepChanges }),
    committed: ({ messages }) => {
      for (const message of messages) if (message.queue === 'collect-garbage') garbage.push(message.body)
    },
  })
  const owners = new MemoryOwnerIndex()
  const kinds = createKindSource({ store: memory, base: [...builtinKinds, gadget], clock })
  const log = {
    info() {},
    warn() {},
    error: (message: string, fields?: object) => void errors.push(`${message} ${JSON.stringify(fields)}`),
  }
  const api = createApiServer({
    store: ownedStore(memory, owners),
    kinds,
    clock,
    ids: sequentialIds(),
    log,
    authenticate: loopbackAuthentication,
    authorize: allowEverything,
    random: () => 1,
    ...options,
  })
  const collector = createGarbageCollector({ store: api.store, owners, kinds, clock })
  return {
    clock,
    store: api.store,
    elsewhere: memory,
    garbage,
    errors,
    handle: api.handle,
    async call(method, path, body, headers = {}) {
      const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
      const typed = { 'content-type': 'application/json', ...headers }
      const init = text === undefined ? { method, headers } : { method, headers: typed, body: text }
      const response = await api.handle(new Request(`http://hub${path}`, init))
      const answer = await response.text()
      const parsed = answer.startsWith('{') ? (JSON.parse(answer) as Record<string, unknown>) : { text: answer }
      return { code: response.status, headers: response.headers, body: parsed, object: parsed as unknown as KubeObject }
    },
    expireEvents: collector.expireEvents,
    async collect() {
      for (let rounds = 0; garbage.length > 0; rounds += 1) {
        assert.ok(rounds < 500, 'the collector never ends')
        const message = garbage.shift()
        const outcome = message && (await collector.collectGarbage(message))
        if (!message || outcome === undefined || outcome === 'done') continue
        clock.advance(outcome.again)
        garbage.push(message)
      }
    },
  }
}

export const configMaps = '/api/v1/namespaces/default/configmaps'
export const gadgets = '/apis/demo.io/v1/namespaces/default/gadgets'

export function configMap(name: string, data: Record<string, string> = {}, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

export function gadgetOf(name: string, spec: object = {}, metadata: object = {}): object {
  return { apiVersion: 'demo.io/v1', kind: 'Gadget', metadata: { name, ...metadata }, spec }
}

/** Members of any of these groups may do everything, everyone else nothing. */
export function adminGroups(groups: readonly string[]): Authorize {
  return ({ groups: own }) => ({ allowed: own.some((group) => groups.includes(group)) })
}
