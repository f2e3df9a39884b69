// The kinds the hub serves, as selection needs to know them.
import type { GroupVersionKind } from '../../api/kube-object.ts'

/** One served version of a kind. */
export interface SelectableKind extends GroupVersionKind {
  /** Plural name, with the group the storage type. */
  readonly resource: string
  readonly namespaced: boolean
  /** The version that stands for the kind when a whole namespace is selected; one per group and kind. */
  readonly preferred: boolean
}

/** Kinds looked up by name. */
export interface KindCatalog {
  find(kind: GroupVersionKind): SelectableKind | undefined
  readonly all: readonly SelectableKind[]
}

/** Prepares kinds for look-up. */
export function catalogOf(kinds: readonly SelectableKind[]): KindCatalog {
  const byName = new Map(kinds.map((kind) => [kindText(kind), kind]))
  return { all: kinds, find: (kind) => byName.get(kindText(kind)) }
}

/** `group/version, Kind=Kind`, unique per kind and version. */
export function kindText({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}, Kind=${kind}`
}

/** Whether a selector or object means core Namespaces. */
export function isNamespaceKind({ group, version, kind }: GroupVersionKind): boolean {
  return group === '' && version === 'v1' && kind === 'Namespace'
}
