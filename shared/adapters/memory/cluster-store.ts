// Which placements have something on a cluster, in a map.
import type { PlacementKey } from '../../api/message.ts'
import type { ClusterStore } from '../../ports/cluster-store.ts'

export class MemoryClusterStore implements ClusterStore {
  readonly #placements = new Map<string, Set<PlacementKey>>()

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
}
