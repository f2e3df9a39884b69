// A changed object reaches the placements it concerns, exactly those, at a cost that does not grow with the others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { ChangedObject } from '../../shared/api/message.ts'
import type { LabelSelector, ResourceSelectorTerm } from '../../shared/api/placement.ts'
import { placementLocation, types } from '../../shared/app/fleet-lists.ts'
import { newsOf } from '../../shared/app/news.ts'
import { objectIndex } from '../../shared/app/object-index.ts'
import { concernedPlacements } from '../../shared/app/wake-concerned.ts'
import { matchesLabels } from '../../shared/domain/label-selector.ts'
import type { ObjectIndex } from '../../shared/ports/object-index.ts'
import { settings } from '../support/settings.ts'

type Labels = Record<string, string>

const apiVersion = 'placement.kubernetes-fleet.io/v1beta1'
const namespaces: Readonly<Record<string, Labels>> = { a: { team: 'x' }, b: { team: 'y', tier: '1' }, c: {} }

const labels: fc.Arbitrary<Labels> = fc.dictionary(fc.constantFrom('team', 'tier'), fc.constantFrom('x', 'y', '1'), {
  maxKeys: 2,
})
const selector: fc.Arbitrary<LabelSelector> = fc.oneof(
  labels.map((matchLabels) => ({ matchLabels })),
  fc.constant(null).map(() => ({ matchExpressions: [{ key: 'team', operator: 'In', values: ['x', 'y'] }] })),
  fc.constant(null).map(() => ({ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] })),
)
const kind = fc.constantFrom(
  { group: '', version: 'v1', kind: 'Namespace' },
  { group: '', version: 'v1', kind: 'ConfigMap' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole' },
)
const term: fc.Arbitrary<ResourceSelectorTerm> = fc
  .record({
    kind,
    by: fc.oneof(
      fc.constantFrom('a', 'b', 'one').map((name) => ({ name })),
      selector.map((labelSelector) => ({ labelSelector })),
      fc.constant({}),
    ),
    selectionScope: fc.constantFrom('NamespaceOnly' as const, 'NamespaceWithResources' as const),
  })
  .map(({ kind: of, by, selectionScope }) => ({ ...of, ...by, selectionScope }))
/** One namespace and what the other selectors name in it. */
const scoped: fc.Arbitrary<ResourceSelectorTerm[]> = fc
  .record({ name: fc.constantFrom('a', 'b'), rest: fc.array(term, { maxLength: 2 }) })
  .map(({ name, rest }) => [
    { group: '', version: 'v1', kind: 'Namespace', name, selectionScope: 'NamespaceWithResourceSelectors' as const },
    ...rest.filter((other) => other.kind !== 'Namespace'),
  ])
const placement: fc.Arbitrary<KubeObject> = fc
  .record({
    namespace: fc.constantFrom(undefined, undefined, 'a', 'b'),
    terms: fc.oneof(fc.array(term, { minLength: 1, maxLength: 3 }), scoped),
  })
  .map(({ namespace, terms }) => ({
    apiVersion,
    kind: namespace === undefined ? 'ClusterResourcePlacement' : 'ResourcePlacement',
    metadata: { name: 'p', ...(namespace !== undefined && { namespace }) },
    spec: { resourceSelectors: terms },
  }))

const change = fc
  .record({
    kind,
    namespace: fc.constantFrom('a', 'b', 'c'),
    name: fc.constantFrom('a', 'b', 'one'),
    after: labels,
    before: labels,
  })
  .map(({ kind: of, namespace, name, after, before }) => ({
    group: of.group,
    resource: 'any',
    kind: of.kind,
    name,
    labels: [after, before],
    ...(of.kind === 'ConfigMap' && { namespace }),
  }))

/** The rule, said plainly. */
function isConcerned(object: ChangedObject, { metadata, spec }: KubeObject): boolean {
  const terms = (spec as { resourceSelectors: ResourceSelectorTerm[] }).resourceSelectors
  const only = terms.find(({ selectionScope }) => selectionScope === 'NamespaceWithResourceSelectors')?.name
  if (metadata.namespace !== undefined && metadata.namespace !== object.namespace) return false
  return terms.some((each) => {
    const isNamespace = each.kind === 'Namespace'
    const names = each.group === object.group && each.kind === object.kind && selects(each, object.name, object.labels)
    if (metadata.namespace !== undefined) return names
    if (object.namespace === undefined) return names
    if (isNamespace)
      return (
        each.selectionScope === 'NamespaceWithResources' &&
        selects(each, object.namespace, [namespaces[object.namespace] ?? {}])
      )
    return names && object.namespace === only
  })
}

function selects({ name, labelSelector }: ResourceSelectorTerm, given: string, sets: readonly Labels[] = []): boolean {
  return name ? name === given : sets.some((set) => matchesLabels(labelSelector, set))
}

async function storeOf(placements: readonly KubeObject[]) {
  const store = createMemoryObjectStore({ clock: { now: () => 0 }, indexOf: objectIndex })
  for (const [name, of] of Object.entries(namespaces)) {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: of } }
    await store.write(types.namespace, { key: { name }, expect: 'absent', object })
  }
  for (const [at, object] of placements.entries()) {
    const { namespace } = object.metadata
    const { type, key } = placementLocation(namespace === undefined ? `p${at}` : `${namespace}/p${at}`)
    const named = { ...object, metadata: { ...object.metadata, name: `p${at}` } }
    await store.write(type, { key, expect: 'absent', object: named })
  }
  return store
}

test('exactly the placements that select, or selected, an object are found', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(placement, { maxLength: 12 }),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      async (all, changes) => {
        const store = await storeOf(all)
        for (const one of changes) {
          const want = all.flatMap((object, at) => {
            const { namespace } = object.metadata
            return isConcerned(one, object) ? [namespace === undefined ? `p${at}` : `${namespace}/p${at}`] : []
          })
          assert.deepEqual(await concernedPlacements({ index: store, objects: store }, [one]), want.sort())
        }
      },
    ),
    { numRuns: 300 },
  )
})

/** A thousand placements of a namespace each. */
function thousand(): KubeObject[] {
  return Array.from({ length: 1_000 }, (_, at) => ({
    apiVersion,
    kind: 'ClusterResourcePlacement',
    metadata: { name: `p${at}` },
    spec: { resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: `ns-${at}` }] },
  }))
}

async function counted(store: ObjectIndex & Parameters<typeof concernedPlacements>[0]['objects']) {
  const cost = { reads: 0, rows: 0 }
  const index: ObjectIndex = {
    async indexed(type, range) {
      const hits = await store.indexed(type, range)
      cost.reads += 1
      cost.rows += hits.length
      return hits
    },
  }
  return { cost, needs: { index, objects: store } }
}

test('among a thousand placements the one concerned is found with five reads of one row in all', async () => {
  const store = await storeOf(thousand())
  const { cost, needs } = await counted(store)
  const changed = { group: '', resource: 'configmaps', kind: 'ConfigMap', namespace: 'ns-7', name: 'x', labels: [{}] }
  assert.deepEqual(await concernedPlacements(needs, [changed]), ['p7'])
  assert.ok(cost.reads <= 5, `${cost.reads} reads`)
  assert.equal(cost.rows, 1)
})

test('a hundred objects of one namespace cost what one costs', async () => {
  const store = await storeOf(thousand())
  const { cost, needs } = await counted(store)
  const changed = Array.from({ length: 100 }, (_, at) => ({
    group: '',
    resource: 'configmaps',
    kind: 'ConfigMap',
    namespace: 'ns-7',
    name: `c${at}`,
    labels: [{}],
  }))
  assert.deepEqual(await concernedPlacements(needs, changed), ['p7'])
  assert.ok(cost.reads <= 5, `${cost.reads} reads`)
})

test('thousands of placements that select by label are told apart by the label', async () => {
  const roles = Array.from({ length: 1_000 }, (_, at) => ({
    apiVersion,
    kind: 'ClusterResourcePlacement',
    metadata: { name: `p${at}` },
    spec: {
      resourceSelectors: [
        {
          group: 'rbac.authorization.k8s.io',
          version: 'v1',
          kind: 'ClusterRole',
          labelSelector: { matchLabels: { app: `app-${at}` } },
        },
      ],
    },
  }))
  const { cost, needs } = await counted(await storeOf(roles))
  const role = { group: 'rbac.authorization.k8s.io', resource: 'clusterroles', kind: 'ClusterRole', name: 'r' }
  assert.deepEqual(await concernedPlacements(needs, [{ ...role, labels: [{ app: 'app-3' }, { app: 'app-4' }] }]), [
    'p3',
    'p4',
  ])
  assert.ok(cost.rows <= 110, `${cost.rows} rows`)
  assert.equal((await concernedPlacements(needs, [role])).length, 1_000, 'labels that are not known match all')
})

test('a placement of a hundred selectors is looked at for every change, and found with the others', async () => {
  const many = {
    apiVersion,
    kind: 'ClusterResourcePlacement',
    metadata: { name: 'p0' },
    spec: {
      resourceSelectors: Array.from({ length: 100 }, (_, at) => ({
        group: '',
        version: 'v1',
        kind: 'Namespace',
        name: `n${at}`,
      })),
    },
  }
  assert.ok(objectIndex(types.clusterResourcePlacement, many).length <= 40)
  const store = await storeOf([many])
  const needs = { index: store, objects: store }
  const changed = { group: '', resource: 'configmaps', kind: 'ConfigMap', namespace: 'n99', name: 'x', labels: [{}] }
  assert.deepEqual(await concernedPlacements(needs, [changed]), ['p0'])
  assert.deepEqual(
    await concernedPlacements(needs, [{ group: '', resource: 'namespaces', kind: 'Namespace', name: 'n1' }]),
    ['p0'],
  )
})

test('a definition of a kind reaches who selects the kind, other versions also who may hold objects of it', async () => {
  const selecting = (name: string, of: object): KubeObject => ({
    apiVersion,
    kind: 'ClusterResourcePlacement',
    metadata: { name },
    spec: { resourceSelectors: [of] },
  })
  const store = await storeOf([
    selecting('p0', { group: 'example.com', version: 'v1', kind: 'Widget', name: 'w' }),
    selecting('p1', { group: 'example.com', version: 'v1', kind: 'Gadget', name: 'g' }),
    selecting('p2', { group: '', version: 'v1', kind: 'Namespace', name: 'shop' }),
  ])
  const needs = { index: store, objects: store }
  const definition = (...versions: string[]): KubeObject => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: 'Widget' },
      versions: versions.map((name) => ({ name, served: true })),
    },
  })
  const type = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
  const told = (object: KubeObject, previous: KubeObject | undefined) => {
    const change = previous ? ('MODIFIED' as const) : ('ADDED' as const)
    const [message] = newsOf(
      { type, key: { name: 'widgets.example.com' }, change, object, previous },
      0,
      settings.membership,
    )
    assert.ok(message?.queue === 'reconcile-placement' && message.body.kind === 'objects')
    return concernedPlacements(needs, message.body.objects)
  }
  assert.deepEqual(await told(definition('v1'), undefined), ['p0'])
  assert.deepEqual(await told(definition('v1', 'v2'), definition('v1')), ['p0', 'p2'])
})
