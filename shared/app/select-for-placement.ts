// Reads what a placement may select and has the domain select from it. A read that fails ends the pass: what could not be
// read is never taken for gone.
import { apiVersionOf, type KubeObject, typeText } from '../api/kube-object.ts'
import type { Placement } from '../api/placement.ts'
import { defaultKindRules } from '../domain/placement/kind-rules.ts'
import { catalogOf, type KindCatalog } from '../domain/placement/kinds.ts'
import {
  planNamespaceReads,
  planReads,
  type Selection,
  type SelectionContext,
  type SelectionRead,
  selectResources,
} from '../domain/placement/select.ts'
import type { KindIndex } from '../ports/kind-index.ts'
import type { NamespaceIndex } from '../ports/namespace-index.ts'
import type { ObjectStore } from '../ports/object-store.ts'

/** Reads under way at once. */
const readsAtOnce = 8

interface Needs {
  readonly objects: Pick<ObjectStore, 'get' | 'list'>
  readonly kinds: KindIndex
  readonly namespaces: NamespaceIndex
}

/** The selected objects in canonical order, as stored, or what is wrong with the selectors. */
export async function selectForPlacement(
  { objects, kinds, namespaces }: Needs,
  { metadata, spec }: Placement,
): Promise<Selection> {
  const context: SelectionContext = {
    namespace: metadata.namespace,
    selectors: spec.resourceSelectors,
    kinds: await catalog(kinds),
    rules: defaultKindRules,
  }
  const named = await readAll(objects, planReads(context))
  const inside = await readAll(objects, await worthReading(namespaces, planNamespaceReads(context, named)))
  return selectResources(context, [...named, ...inside])
}

export async function catalog(kinds: KindIndex, options?: { readonly fresh?: boolean }): Promise<KindCatalog> {
  return catalogOf(
    (await kinds.kinds(options)).flatMap(({ group, kind, versions, namespaced, type }) =>
      versions.map((version, index) => ({
        group,
        version,
        kind,
        namespaced,
        resource: type.resource,
        preferred: index === 0,
      })),
    ),
  )
}

/** Leaves out types that never had an object in the namespace. */
async function worthReading(
  namespaces: NamespaceIndex,
  reads: readonly SelectionRead[],
): Promise<readonly SelectionRead[]> {
  const names = [...new Set(reads.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace])))]
  const present = new Set(
    (
      await Promise.all(
        names.map(async (name) => (await namespaces.types(name)).map((type) => `${name} ${typeText(type)}`)),
      )
    ).flat(),
  )
  return reads.filter(({ kind, namespace }) => namespace === undefined || present.has(`${namespace} ${typeText(kind)}`))
}

async function readAll(objects: Needs['objects'], reads: readonly SelectionRead[]): Promise<KubeObject[]> {
  const queue = [...reads]
  const found: KubeObject[] = []
  const runner = async () => {
    for (let read = queue.shift(); read !== undefined; read = queue.shift())
      found.push(...(await readOne(objects, read)))
  }
  await Promise.all(Array.from({ length: Math.min(readsAtOnce, reads.length) }, runner))
  return found
}

async function readOne(objects: Needs['objects'], { kind, namespace, name }: SelectionRead): Promise<KubeObject[]> {
  const type = { group: kind.group, resource: kind.resource }
  if (name !== undefined) {
    const stored = await objects.get(type, namespace === undefined ? { name } : { namespace, name })
    return stored ? [asVersion(stored.object, kind)] : []
  }
  const found: KubeObject[] = []
  let page = await objects.list(type, namespace === undefined ? {} : { namespace })
  for (;;) {
    found.push(...page.items.map(({ object }) => asVersion(object, kind)))
    if (page.next === undefined) return found
    page = await objects.list(type, { ...(namespace !== undefined && { namespace }), after: page.next })
  }
}

/** Versions of a kind differ in apiVersion only. */
function asVersion(object: KubeObject, kind: { group: string; version: string; kind: string }): KubeObject {
  return { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind }
}
