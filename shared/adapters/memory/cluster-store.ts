// Cluster records in maps.
import type { PlacementKey } from '../../api/message.ts'
import type { Breaker, ClusterStore } from '../../ports/cluster-store.ts'

export class MemoryClusterStore implements ClusterStore {
  readonly #placements = new Map<string, Set<PlacementKey>>()
  readonly #breakers = new Map<string, Breaker>()

  async placements(
    cluster: string,
    options: { after?: PlacementKey; limit?: number } = {},
  ): Promise<readonly PlacementKey[]> {
    const after = options.after
    return [...(this.#placements.get(cluster) ?? [])]
      .sort()
      .filter((key) => after === undefined || key > after)
      .slice(0, options.limit ?? Number.POSITIVE_INFINITY)
  }

  async enter(cluster: string, placement: PlacementKey): Promise<void> {
    const known = this.#placements.get(cluster) ?? new Set()
    this.#placements.set(cluster, known.add(placement))
  }

  async leave(cluster: string, placement: PlacementKey): Promise<void> {
    this.#placements.get(cluster)?.delete(placement)
  }

  async breaker(cluster: string): Promise<Breaker | undefined> {
    return this.#breakers.get(cluster)
  }

  async setBreaker(cluster: string, breaker: Breaker | undefined): Promise<void> {
    if (breaker) this.#breakers.set(cluster, breaker)
    else this.#breakers.delete(cluster)
  }
}
