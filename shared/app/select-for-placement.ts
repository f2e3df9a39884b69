// Reads what a placement may select and has the domain select from it. A read that fails ends the pass: what could not be
// read is never taken for gone.
import { apiVersionOf, type KubeObject } from '../api/kube-object.ts'
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
import type { ObjectStore } from '../ports/object-store.ts'

/** Reads under way at once. */
const readsAtOnce = 8

interface Needs {
  readonly objects: Pick<ObjectStore, 'get' | 'list'>
  readonly kinds: KindIndex
}

/** The selected objects in canonical order, as stored, or what is wrong with the selectors. */
export async function selectForPlacement({ objects, kinds }: Needs, { metadata, spec }: Placement): Promise<Selection> {
  const context: SelectionContext = {
    namespace: metadata.namespace,
    selectors: spec.resourceSelectors,
    kinds: await catalog(kinds),
    rules: defaultKindRules,
  }
  const named = await readAll(objects, planReads(context))
  const inside = await readAll(objects, planNamespaceReads(context, named))
  return selectResources(context, [...named, ...inside])
}

export async function catalog(kinds: KindIndex): Promise<KindCatalog> {
  return catalogOf(
    (await kinds.kinds()).flatMap(({ group, kind, versions, namespaced, type }) =>
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
