// The kinds placed on each cluster, noted by its worker for whoever watches the cluster. A kind is noted once a process.
import type { ClusterStore, PlacedKind } from '../ports/cluster-store.ts'
import { kindKey } from '../ports/cluster-store.ts'

export interface PlacedKinds {
  /** Free once this process has noted the kind. Throws what the store throws. */
  note(cluster: string, kind: PlacedKind): Promise<void>
  /** Resolves when this process notes a new kind on the cluster, or rejects with the signal's reason. */
  another(cluster: string, signal: AbortSignal): Promise<void>
}

export function placedKinds(clusters: Pick<ClusterStore, 'noteKind'>): PlacedKinds {
  const noted = new Set<string>()
  const waiting = new Map<string, Set<() => void>>()
  return {
    note: async (cluster, kind) => {
      const key = `${cluster} ${kindKey(kind.resource)}`
      if (noted.has(key)) return
      await clusters.noteKind(cluster, kind)
      noted.add(key)
      for (const tell of waiting.get(cluster) ?? []) tell()
      waiting.delete(cluster)
    },
    another: (cluster, signal) =>
      new Promise((resolve, reject) => {
        const known = waiting.get(cluster) ?? new Set()
        waiting.set(cluster, known.add(resolve))
        const giveUp = () => {
          known.delete(resolve)
          reject(signal.reason)
        }
        if (signal.aborted) giveUp()
        else signal.addEventListener('abort', giveUp, { once: true })
      }),
  }
}
