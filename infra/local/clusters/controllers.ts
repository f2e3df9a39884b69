// What brings the workloads of a simulated cluster to life: a while after a write, the status its controllers would have
// reached. A timer runs only while something is on its way.

import { controlledStatus } from '../../../shared/adapters/memory/member/workload-status.ts'
import { keyText, type ObjectKey, type ResourceType, typeText } from '../../../shared/api/kube-object.ts'
import { ConflictError, errorMessage } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Log } from '../../../shared/ports/log.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'

/** Types whose status comes from here. Namespaces and CustomResourceDefinitions get theirs from the API server. */
const looksAfter = new Set([
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'replicasets.apps',
  'jobs.batch',
  'pods',
  'services',
  'persistentvolumeclaims',
  'ingresses.networking.k8s.io',
  'poddisruptionbudgets.policy',
])

/** What the controllers of one cluster work on. */
export interface ControllerOptions {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly log: Log
  /** From a write to the status that answers it, in milliseconds. */
  readonly readyMs: number
  /** Nodes a DaemonSet runs on. */
  readonly nodes: number
}

/** The controllers of one cluster, all kinds together. */
export interface Controllers {
  /** Tells that an object was written. */
  noticed(type: ResourceType, key: ObjectKey): void
  /** Statuses written so far. */
  statuses(): number
  /** Forgets what is on its way. */
  close(): void
}

/** Idle until something is noticed. */
export function createControllers({ store, clock, log, readyMs, nodes }: ControllerOptions): Controllers {
  const due = new Map<string, { readonly type: ResourceType; readonly key: ObjectKey }>()
  const stop = new AbortController()
  let running = false
  let written = 0

  /** One look at everything noticed until now; what is noticed meanwhile has a round of its own. */
  const round = async () => {
    const batch = [...due.values()]
    due.clear()
    for (const { type, key } of batch) {
      if (await settle(type, key)) written += 1
    }
  }
  const run = async () => {
    while (due.size > 0 && !stop.signal.aborted) {
      await clock.sleep(readyMs, stop.signal)
      await round()
    }
  }
  const settle = async (type: ResourceType, key: ObjectKey): Promise<boolean> => {
    const found = await store.get(type, key)
    if (!found || found.object.metadata.deletionTimestamp) return false
    const now = new Date(clock.now()).toISOString().replace(/\.\d{3}Z$/, 'Z')
    const status = controlledStatus(found.object, { now, nodes })
    if (!status) return false
    try {
      const object = { ...found.object, status }
      await store.write(type, { key, expect: found.revision, object, previous: found.object })
      return true
    } catch (error) {
      // Whoever wrote in between has been noticed and gets a look of its own.
      if (error instanceof ConflictError) return false
      throw error
    }
  }

  return {
    noticed: (type, key) => {
      if (!looksAfter.has(typeText(type)) || stop.signal.aborted) return
      due.set(`${typeText(type)}/${keyText(key)}`, { type, key })
      if (running) return
      running = true
      run()
        .catch((error: unknown) => {
          if (!stop.signal.aborted) log.error('a simulated controller failed', { error: errorMessage(error) })
        })
        .finally(() => {
          running = false
        })
    },
    statuses: () => written,
    close: () => {
      stop.abort(new Error('the cluster is closed'))
      due.clear()
    },
  }
}
