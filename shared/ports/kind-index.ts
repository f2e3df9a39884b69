// What kinds the hub serves, as far as placing their objects needs to know.
import type { ResourceType } from '../api/kube-object.ts'

export interface HubKind {
  readonly group: string
  readonly kind: string
  /** Served versions, the preferred one first. */
  readonly versions: readonly string[]
  readonly namespaced: boolean
  readonly type: ResourceType
}

export interface KindIndex {
  /** Every kind that can be listed, custom ones included, as of at most a second ago; `fresh` asks for those of now. */
  kinds(options?: { readonly fresh?: boolean }): Promise<readonly HubKind[]>
}
