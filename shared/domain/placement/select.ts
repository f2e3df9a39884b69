// Selecting objects: which reads a placement needs, and which of the objects read it selects. The caller reads between the
// two and must not select from reads that failed: an object missing here is an object removed from the fleet.
import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import type { ResourceIdentifier, ResourceSelectorTerm } from '../../api/placement.ts'
import { InvalidInputError } from '../../errors.ts'
import { labelMatcher } from '../label-selector.ts'
import { type KindRules, mayPropagateKind, mayPropagateNamespace } from './kind-rules.ts'
import { isNamespaceKind, type KindCatalog, kindText, type SelectableKind } from './kinds.ts'
import { mayPropagateObject, needsServices } from './object-rules.ts'
import { inOrder } from './order.ts'

/** Everything about the hub that selection depends on. */
export interface SelectionContext {
  /** Namespace of a ResourcePlacement; absent for a ClusterResourcePlacement. */
  readonly namespace?: string | undefined
  readonly selectors: readonly ResourceSelectorTerm[]
  readonly kinds: KindCatalog
  readonly rules: KindRules
  /** Namespaces that never propagate besides the reserved ones. */
  readonly skippedNamespaces?: readonly string[]
  /** See `ObjectRuleContext`; a hub without nodes runs none. */
  readonly workloadsRun?: boolean
}

/** One list or get: objects of a kind, in a namespace or everywhere, all or one by name. */
export interface SelectionRead {
  readonly kind: SelectableKind
  readonly namespace?: string
  readonly name?: string
}

/** `error` is the user's mistake, for the Scheduled condition. */
export type Selection =
  | { readonly objects: readonly KubeObject[]; readonly error?: never }
  | { readonly error: string; readonly objects?: never }

/** The scope of a selector; only meaningful for namespaces. */
type Scope = NonNullable<ResourceSelectorTerm['selectionScope']>

/**
 * First round of reads: everything the selectors name, but not what is inside selected namespaces. Selectors that are
 * mistakes need no reads. Reads are not repeated.
 */
export function planReads(context: SelectionContext): SelectionRead[] {
  const scoped = scopedNamespaceSelector(context)?.name
  const reads = context.selectors.flatMap((selector): SelectionRead[] => {
    const kind = context.kinds.find(selector)
    if (!kind || !mayPropagateKind(context.rules, kind)) return []
    const namespace = context.namespace ?? scoped
    if (kind.namespaced && !namespace) return []
    if (!kind.namespaced && context.namespace) return []
    const read = {
      kind,
      ...(kind.namespaced && namespace && { namespace }),
      ...(selector.name && { name: selector.name }),
    }
    return [read, ...servicesBeside(context, read)]
  })
  return distinct(reads)
}

/** Second round of reads: every propagatable kind inside the namespaces that are selected with what is in them. */
export function planNamespaceReads(context: SelectionContext, loaded: readonly KubeObject[]): SelectionRead[] {
  const objects = indexOf(loaded)
  const names = context.selectors
    .filter((selector) => !context.namespace && takesContents(selector))
    .flatMap((selector) => matching(objects, selector, undefined))
    .map(({ metadata }) => metadata.name ?? '')
    .filter((name) => mayPropagateNamespace(name, context.skippedNamespaces))
  const kinds = contentKinds(context)
  return distinct(
    names.flatMap((namespace) =>
      kinds.flatMap((kind) => [{ kind, namespace }, ...servicesBeside(context, { kind, namespace })]),
    ),
  )
}

/**
 * The selected objects in canonical order, uncleaned, or what is wrong with the selectors. `loaded` holds what both rounds
 * of reads gave, in any order; more does no harm.
 */
export function selectResources(context: SelectionContext, loaded: readonly KubeObject[]): Selection {
  try {
    return { objects: selectAll(context, indexOf(loaded)) }
  } catch (error) {
    if (error instanceof InvalidInputError) return { error: error.message }
    throw error
  }
}

/** Group, version, kind, name and namespace of an object, as statuses list it. */
export function identifierOf(object: KubeObject): ResourceIdentifier {
  const { name = '', namespace } = object.metadata
  return { ...gvkOf(object), name, ...(namespace && { namespace }) }
}

/** Objects by kind, and each kind's by namespace. */
type ObjectIndex = ReadonlyMap<string, ReadonlyMap<string, readonly KubeObject[]>>

function indexOf(objects: readonly KubeObject[]): ObjectIndex {
  const index = new Map<string, Map<string, Map<string, KubeObject>>>()
  for (const object of objects) {
    const kind = inner(index, kindText(gvkOf(object)))
    inner(kind, object.metadata.namespace ?? '').set(object.metadata.name ?? '', object)
  }
  return new Map(
    [...index].map(([kind, byNamespace]) => [
      kind,
      new Map([...byNamespace].map(([namespace, byName]) => [namespace, [...byName.values()]])),
    ]),
  )
}

function inner<K, L, V>(outer: Map<K, Map<L, V>>, key: K): Map<L, V> {
  const found = outer.get(key) ?? new Map<L, V>()
  outer.set(key, found)
  return found
}

function selectAll(context: SelectionContext, objects: ObjectIndex): KubeObject[] {
  const scoped = scopedNamespace(context, objects)
  const selected = context.selectors.flatMap((selector) => selectOne(context, objects, selector, scoped))
  const seen = new Set<string>()
  for (const object of selected) {
    const key = JSON.stringify(identifierOf(object))
    if (seen.has(key)) throw new InvalidInputError(`found duplicate resource ${describe(object)}`)
    seen.add(key)
  }
  return inOrder(selected)
}

/** The first selector that takes a namespace as the scope of the others. */
function scopedNamespaceSelector({ namespace, selectors }: SelectionContext): ResourceSelectorTerm | undefined {
  return namespace
    ? undefined
    : selectors.find((term) => isNamespaceKind(term) && term.selectionScope === 'NamespaceWithResourceSelectors')
}

/** Name of the namespace the other selectors are limited to. Here, unlike elsewhere, a missing one is a mistake. */
function scopedNamespace(context: SelectionContext, objects: ObjectIndex): string | undefined {
  const selector = scopedNamespaceSelector(context)
  if (!selector || !mayPropagateKind(context.rules, selector)) return undefined
  // Reads were planned by name: without one the other selectors would seem to match nothing.
  if (!selector.name) {
    throw new InvalidInputError('a namespace selected with NamespaceWithResourceSelectors must be selected by name')
  }
  const name = selectedNamespace(selector, objects, context.skippedNamespaces)
  if (name !== undefined) return name
  throw new InvalidInputError(
    `namespace ${JSON.stringify(selector.name ?? '')} selected with NamespaceWithResourceSelectors does not exist, is being deleted, or is not allowed to propagate`,
  )
}

function selectedNamespace(
  selector: ResourceSelectorTerm,
  objects: ObjectIndex,
  skipped: readonly string[] | undefined,
): string | undefined {
  return matching(objects, selector, undefined)
    .map(({ metadata }) => metadata.name ?? '')
    .find((name) => mayPropagateNamespace(name, skipped))
}

/** The namespace a selector names among `loaded`, when it exists, is not being deleted and may propagate. */
export function findNamespace(
  selector: ResourceSelectorTerm,
  loaded: readonly KubeObject[],
  skipped?: readonly string[],
): string | undefined {
  return selectedNamespace(selector, indexOf(loaded), skipped)
}

function selectOne(
  context: SelectionContext,
  objects: ObjectIndex,
  selector: ResourceSelectorTerm,
  scoped: string | undefined,
): KubeObject[] {
  if (!mayPropagateKind(context.rules, selector)) return []
  if (isNamespaceKind(selector)) return selectNamespaces(context, objects, selector)
  const kind = context.kinds.find(selector)
  if (!kind) throw new InvalidInputError(`no kind ${kindText(selector)} is known to the hub`)
  const namespace = namespaceFor(context, kind, scoped)
  return propagatable(context, objects, matching(objects, selector, namespace))
}

/** Where objects of a kind are selected from; undefined for the whole fleet. Throws for kinds the placement may not name. */
function namespaceFor(
  { namespace }: SelectionContext,
  kind: SelectableKind,
  scoped: string | undefined,
): string | undefined {
  if (namespace) {
    if (!kind.namespaced) {
      throw new InvalidInputError(`cannot select cluster-scoped resource ${kind.kind} in a resourcePlacement`)
    }
    return namespace
  }
  if (kind.namespaced && scoped === undefined) {
    throw new InvalidInputError(
      `cannot select namespace-scoped resource ${kind.kind} in a clusterResourcePlacement unless a namespace is selected with NamespaceWithResourceSelectors`,
    )
  }
  return kind.namespaced ? scoped : undefined
}

function selectNamespaces(
  context: SelectionContext,
  objects: ObjectIndex,
  selector: ResourceSelectorTerm,
): KubeObject[] {
  if (context.namespace) {
    throw new InvalidInputError(`cannot select cluster-scoped resource ${selector.kind} in a resourcePlacement`)
  }
  const namespaces = matching(objects, selector, undefined)
  if (!takesContents(selector)) return namespaces
  return namespaces.flatMap((namespace) => [namespace, ...contentsOf(context, objects, namespace.metadata.name ?? '')])
}

function takesContents(selector: ResourceSelectorTerm): boolean {
  const scope: Scope = selector.selectionScope ?? 'NamespaceWithResources'
  return isNamespaceKind(selector) && scope === 'NamespaceWithResources'
}

function contentsOf(context: SelectionContext, objects: ObjectIndex, namespace: string): KubeObject[] {
  if (!mayPropagateNamespace(namespace, context.skippedNamespaces)) {
    throw new InvalidInputError(`namespace ${JSON.stringify(namespace)} is not allowed to propagate`)
  }
  return contentKinds(context).flatMap((kind) =>
    propagatable(context, objects, objects.get(kindText(kind))?.get(namespace) ?? []),
  )
}

function contentKinds({ kinds, rules }: SelectionContext): SelectableKind[] {
  return kinds.all.filter((kind) => kind.namespaced && kind.preferred && mayPropagateKind(rules, kind))
}

/** Objects a selector matches by name or labels, without those being deleted. */
function matching(objects: ObjectIndex, selector: ResourceSelectorTerm, namespace: string | undefined): KubeObject[] {
  const matches = selector.name
    ? ({ metadata }: KubeObject) => metadata.name === selector.name
    : labelsMatch(selector.labelSelector)
  const byNamespace = objects.get(kindText(selector))
  const candidates =
    namespace === undefined ? [...(byNamespace?.values() ?? [])].flat() : (byNamespace?.get(namespace) ?? [])
  return candidates.filter((object) => !object.metadata.deletionTimestamp && matches(object))
}

function labelsMatch(selector: ResourceSelectorTerm['labelSelector']): (object: KubeObject) => boolean {
  const matcher = labelMatcher(selector)
  return ({ metadata }) => matcher(metadata.labels)
}

function propagatable(
  { workloadsRun = false }: SelectionContext,
  objects: ObjectIndex,
  candidates: readonly KubeObject[],
): KubeObject[] {
  const services = objects.get(kindText({ group: '', version: 'v1', kind: 'Service' }))
  const serviceExists = (namespace: string, name: string) =>
    services?.get(namespace)?.some(({ metadata }) => metadata.name === name) ?? false
  return candidates.filter((object) => mayPropagateObject(object, { workloadsRun, serviceExists }))
}

/** Endpoints are judged by the Services beside them, so those are read too. */
function servicesBeside({ kinds }: SelectionContext, { kind, namespace, name }: SelectionRead): SelectionRead[] {
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  if (!needsServices({ apiVersion, kind: kind.kind })) return []
  const service = kinds.find({ group: '', version: 'v1', kind: 'Service' })
  return service ? [{ kind: service, ...(namespace && { namespace }), ...(name && { name }) }] : []
}

/** Reads without repetition: a read of all objects covers a read of one. */
function distinct(reads: readonly SelectionRead[]): SelectionRead[] {
  const place = (read: SelectionRead) => JSON.stringify([kindText(read.kind), read.namespace ?? ''])
  const whole = new Set(reads.filter(({ name }) => name === undefined).map(place))
  const seen = new Set<string>()
  return reads.filter((read) => {
    if (read.name !== undefined && whole.has(place(read))) return false
    const key = JSON.stringify([place(read), read.name ?? ''])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function describe(object: KubeObject): string {
  const { namespace, name } = object.metadata
  return `${object.apiVersion} ${object.kind} ${namespace ? `${namespace}/` : ''}${name ?? ''}: it is selected more than once`
}
