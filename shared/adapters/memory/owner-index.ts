// The owner index in a map.
import { keyText, typeText } from '../../api/kube-object.ts'
import type { OwnedObject, OwnerIndex } from '../../ports/owner-index.ts'

export class MemoryOwnerIndex implements OwnerIndex {
  readonly #owned = new Map<string, Map<string, OwnedObject>>()

  async note(uid: string, owned: OwnedObject): Promise<void> {
    const known = this.#owned.get(uid) ?? new Map<string, OwnedObject>()
    this.#owned.set(uid, known.set(idOf(owned), owned))
  }

  async dependents(uid: string): Promise<readonly OwnedObject[]> {
    return [...(this.#owned.get(uid)?.values() ?? [])]
  }

  async forget(uid: string, owned: readonly OwnedObject[]): Promise<void> {
    const known = this.#owned.get(uid)
    for (const each of owned) known?.delete(idOf(each))
    if (known?.size === 0) this.#owned.delete(uid)
  }
}

function idOf({ type, key }: OwnedObject): string {
  return `${typeText(type)} ${keyText(key)}`
}
