// Which placements have something on a cluster, and which kinds were placed there, in maps.
import type { PlacementKey } from '../../api/message.ts'
import { type ClusterStore, kindKey, type PlacedKind } from '../../ports/cluster-store.ts'

export class MemoryClusterStore implements ClusterStore {
  readonly #placements = new Map<string, Set<PlacementKey>>()
  readonly #kinds = new Map<string, Map<string, PlacedKind>>()

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

  async kinds(cluster: string): Promise<readonly PlacedKind[]> {
    return [...this.#of(cluster)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind)
  }

  async noteKind(cluster: string, kind: PlacedKind): Promise<void> {
    const key = kindKey(kind.resource)
    if (!this.#of(cluster).has(key)) this.#of(cluster).set(key, kind)
  }

  async sawKind(cluster: string, kind: PlacedKind): Promise<void> {
    this.#of(cluster).set(kindKey(kind.resource), kind)
  }

  async forgetKinds(cluster: string): Promise<void> {
    this.#kinds.delete(cluster)
  }

  #of(cluster: string): Map<string, PlacedKind> {
    const known = this.#kinds.get(cluster) ?? new Map<string, PlacedKind>()
    this.#kinds.set(cluster, known)
    return known
  }
}
