// What placements are found under when an object changes: scope, kind, and name or one label. An entry may be found by an
// object it does not concern only where its detail says so: label selectors are carried along and compared.
import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import { type LabelSelector, Placement, type ResourceSelectorTerm } from '../../api/placement.ts'
import { InvalidInputError } from '../../errors.ts'
import { labelMatcher } from '../label-selector.ts'
import { sha256 } from './canonical-json.ts'
import { isNamespaceKind } from './kinds.ts'

/** An entry as the object store keeps it. */
export interface SelectionEntry {
  readonly key: string
  readonly detail?: string | undefined
}

/** Everything inside a selected namespace, as if it were a kind. */
export const contentsKind = 'contents'
/** Placements with more entries than this are listed under `everything` and looked at for every change. */
const entryLimit = 40
/** Longer parts of a key are hashed: keys of a table are short. */
const partLimit = 100

/** `group/Kind`, the second part of a key; the first is the namespace objects must be in, or empty. */
export function kindKey({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return `${group}/${kind}`
}

/** A key of its parts; each part ends with `|`. */
export function selectionKey(...parts: readonly string[]): string {
  return parts.map((part) => `${short(part)}|`).join('')
}

/** Where placements stand that are looked at for every change in a scope. */
export function everythingKey(scope: string): string {
  return selectionKey(scope, '*')
}

/** Where placements stand whose kind is, or may be, defined by an object: without one, those that are looked at always. */
export function definitionKey(kind: string): string {
  return selectionKey('*', kind)
}

/** The part of a key for one name, for one label, or for no such narrowing. */
export const matcher = {
  name: (name: string) => `n=${name}`,
  label: (key: string, value: string) => `l=${key}=${value}`,
  any: '*',
} as const

/** The first two characters stay: ranges of keys tell names from labels by them. */
function short(part: string): string {
  return part.length <= partLimit ? part : `${part.slice(0, 2)}#${sha256(part).slice(0, 32)}`
}

/** The entries of a placement object, none for anything that cannot be read as one. */
export function selectionEntries(object: KubeObject): SelectionEntry[] {
  const read = Placement.safeParse(object)
  if (!read.success) return []
  const { metadata, spec } = read.data
  const own = metadata.namespace ?? ''
  const scoped = own === '' ? spec.resourceSelectors.find(takesNamedContents)?.name : undefined
  const found = new Map<string, Set<string>>()
  for (const { keys, selector } of spec.resourceSelectors.flatMap((term) => termKeys(term, own, scoped))) {
    for (const key of keys) {
      const details = found.get(key) ?? new Set<string>()
      found.set(key, details.add(selector === undefined ? '' : JSON.stringify(selector)))
    }
  }
  if (found.size > entryLimit) return everything(own)
  return [...found].map(([key, details]) =>
    details.has('') ? { key } : { key, detail: `[${[...details].join(',')}]` },
  )
}

function everything(scope: string): SelectionEntry[] {
  const contents = scope === '' ? [{ key: selectionKey('', contentsKind, matcher.any) }] : []
  return [{ key: everythingKey(scope) }, { key: definitionKey('*') }, ...contents]
}

function takesNamedContents(term: ResourceSelectorTerm): boolean {
  return isNamespaceKind(term) && term.selectionScope === 'NamespaceWithResourceSelectors'
}

interface TermKeys {
  readonly keys: readonly string[]
  readonly selector: LabelSelector | undefined
}

/** A kind of a placement that names one namespace may be of either scope; which one is not known here. */
function termKeys(term: ResourceSelectorTerm, own: string, scoped: string | undefined): TermKeys[] {
  const matchers = matchersOf(term)
  const selector = term.name ? undefined : term.labelSelector
  const under = (kind: string, scope: string) => ({
    keys: matchers.map((part) => selectionKey(scope, kind, part)),
    selector,
  })
  const kind = kindKey(term)
  // The groups of defined kinds are domains.
  const defined = term.group.includes('.') ? [{ keys: [definitionKey(kind)], selector: undefined }] : []
  if (!isNamespaceKind(term)) return [under(kind, own), ...(scoped ? [under(kind, scoped)] : []), ...defined]
  const contents = (term.selectionScope ?? 'NamespaceWithResources') === 'NamespaceWithResources'
  return [under(kind, own), ...(contents && own === '' ? [under(contentsKind, '')] : [])]
}

/** One required label narrows the search; which of several does not matter. */
function matchersOf({ name, labelSelector }: ResourceSelectorTerm): string[] {
  if (name) return [matcher.name(name)]
  const [label] = Object.entries(labelSelector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  if (label) return [matcher.label(...label)]
  const listed = labelSelector?.matchExpressions?.find(({ operator }) => operator === 'In')
  return listed?.values?.length ? listed.values.map((value) => matcher.label(listed.key, value)) : [matcher.any]
}

type Labels = Readonly<Record<string, string>>
const Selectors = Placement.shape.spec.shape.resourceSelectors.element.shape.labelSelector.unwrap().array()

/** Whether an entry concerns an object that has, or had, one of these label sets; undefined when they are not known. */
export function entryConcerns({ detail }: SelectionEntry, labels: readonly Labels[] | undefined): boolean {
  if (detail === undefined || labels === undefined) return true
  const selectors = Selectors.safeParse(JSON.parse(detail))
  if (!selectors.success) return true
  return selectors.data.some((selector) => labels.some((set) => matches(selector, set)))
}

/** A selector nobody can read is left to the placement to complain about. */
function matches(selector: LabelSelector, labels: Labels): boolean {
  try {
    return labelMatcher(selector)(labels)
  } catch (error) {
    if (error instanceof InvalidInputError) return true
    throw error
  }
}

/** What the definition of a kind defines, if the object is one. */
export function definedKind(object: KubeObject): { readonly group: string; readonly kind: string } | undefined {
  if (gvkOf(object).kind !== 'CustomResourceDefinition') return undefined
  const { group, names } = (object['spec'] ?? {}) as { group?: unknown; names?: { kind?: unknown } }
  return typeof group === 'string' && typeof names?.kind === 'string' ? { group, kind: names.kind } : undefined
}
