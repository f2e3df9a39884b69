// The namespace index in a map.
import { type ResourceType, typeText } from '../../api/kube-object.ts'
import type { NamespaceIndex } from '../../ports/namespace-index.ts'

export class MemoryNamespaceIndex implements NamespaceIndex {
  readonly #types = new Map<string, Map<string, ResourceType>>()

  async note(namespace: string, type: ResourceType): Promise<void> {
    const known = this.#types.get(namespace) ?? new Map<string, ResourceType>()
    this.#types.set(namespace, known.set(typeText(type), type))
  }

  async types(namespace: string): Promise<readonly ResourceType[]> {
    return [...(this.#types.get(namespace)?.values() ?? [])]
  }
}
