// The hub's API server with everything it serves, over memory, under a clock that jumps instead of waiting: a watch of an
// hour is over at once.

import { MemoryClusterStore } from '../../../shared/adapters/memory/cluster-store.ts'
import { MemoryMessageBus } from '../../../shared/adapters/memory/message-bus.ts'
import { createMemoryObjectStore } from '../../../shared/adapters/memory/object-store.ts'
import { MemoryPayloadStore } from '../../../shared/adapters/memory/payload-store.ts'
import { MemoryPlacementStore } from '../../../shared/adapters/memory/placement-store.ts'
import { systemIds } from '../../../shared/adapters/memory/system.ts'
import { createApiServer } from '../../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../../shared/apiserver/builtin/builtin-kinds.ts'
import { fleetKinds } from '../../../shared/apiserver/fleet/fleet-kinds.ts'
import type { ServedKind } from '../../../shared/apiserver/kind.ts'
import { hubKinds } from '../../../shared/apiserver/kinds/hub-kinds.ts'
import { createKindSource } from '../../../shared/apiserver/kinds/kind-source.ts'
import { createAdmission } from '../../../shared/app/admission.ts'
import { fleetLists } from '../../../shared/app/fleet-lists.ts'
import { newsOf } from '../../../shared/app/news.ts'
import { withRecordSignal } from '../../../shared/app/record-signal.ts'
import { fleetViews } from '../../../shared/app/views/fleet-views.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { door, settings } from '../settings.ts'
import { gizmoCrd } from './gizmo.ts'

export interface FuzzHub {
  handle(request: Request): Promise<Response>
  /** What the server logged as its own fault since it was last asked. */
  takeErrors(): string[]
  kinds(): Promise<readonly ServedKind[]>
}

/** Sleeping moves the time and nothing else. */
function jumpingClock(): Clock {
  let ahead = 0
  return {
    now: () => Date.now() + ahead,
    sleep: async (ms, signal) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (signal?.aborted) throw signal.reason
      ahead += ms
    },
  }
}

/** Starts a server that holds one custom kind with a rich schema. Its change logs are short. */
export async function createFuzzHub(): Promise<FuzzHub> {
  const clock = jumpingClock()
  const errors: string[] = []
  const objects = createMemoryObjectStore({ clock, keepChanges: 100 })
  const placements = withRecordSignal(new MemoryPlacementStore({ clock }))
  const kinds = createKindSource({ store: objects, base: [...builtinKinds, ...fleetKinds], clock })
  const admit = createAdmission({ kinds: hubKinds(kinds), objects, door })
  const records = {
    placements,
    clusters: new MemoryClusterStore(),
    payloads: new MemoryPayloadStore(),
    lists: fleetLists(objects, clock),
    bus: new MemoryMessageBus(clock),
    clock,
    settings,
  }
  const api = createApiServer({
    store: objects,
    kinds,
    clock,
    ids: systemIds,
    log: {
      info() {},
      warn() {},
      error: (message, fields) => void errors.push(`${message} ${JSON.stringify(fields)}`),
    },
    authenticate: loopbackAuthentication,
    authorize: allowEverything,
    admit: (operation, _kind, object, old, request) => admit(operation, object, old, request),
    news: (change) => newsOf(change, clock.now(), settings.membership),
    views: fleetViews({ ...records, objects }),
    limits: { watchSeconds: 40 },
  })
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  const created = await api.handle(
    new Request(`http://hub${crds}`, { method: 'POST', body: JSON.stringify(gizmoCrd), headers: jsonType }),
  )
  if (created.status !== 201) throw new Error(`the custom kind was refused: ${await created.text()}`)
  return {
    handle: api.handle,
    takeErrors: () => errors.splice(0),
    kinds: async () => (await kinds.refresh()).kinds,
  }
}

const jsonType = { 'content-type': 'application/json' }
