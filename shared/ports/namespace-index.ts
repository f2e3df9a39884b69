// Which types have, or once had, objects in a namespace: so that a whole namespace can be read without asking every type.
import type { ResourceType } from '../api/kube-object.ts'

export interface NamespaceIndex {
  /** Notes a type before its first object is created in a namespace. Idempotent, and free once noted by this process. */
  note(namespace: string, type: ResourceType): Promise<void>
  /** Every type noted; never one too few. */
  types(namespace: string): Promise<readonly ResourceType[]>
}
