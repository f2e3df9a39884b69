// Which objects a placement selects.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import type { ResourceSelectorTerm } from '../../../../shared/api/placement.ts'
import { defaultKindRules } from '../../../../shared/domain/placement/kind-rules.ts'
import { catalogOf } from '../../../../shared/domain/placement/kinds.ts'
import {
  planNamespaceReads,
  planReads,
  type SelectionContext,
  type SelectionRead,
  selectResources,
} from '../../../../shared/domain/placement/select.ts'

const kinds = catalogOf(
  (
    [
      ['', 'v1', 'Namespace', 'namespaces', false],
      ['', 'v1', 'ConfigMap', 'configmaps', true],
      ['', 'v1', 'Service', 'services', true],
      ['', 'v1', 'Endpoints', 'endpoints', true],
      ['', 'v1', 'Pod', 'pods', true],
      ['apps', 'v1', 'Deployment', 'deployments', true],
      ['rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', false],
    ] as const
  ).map(([group, version, kind, resource, namespaced]) => ({
    group,
    version,
    kind,
    resource,
    namespaced,
    preferred: true,
  })),
)

function context(selectors: readonly ResourceSelectorTerm[], namespace?: string): SelectionContext {
  return { selectors, kinds, rules: defaultKindRules, ...(namespace && { namespace }) }
}

const term = (kind: string, more: Partial<ResourceSelectorTerm> = {}): ResourceSelectorTerm => {
  const known = kinds.all.find((candidate) => candidate.kind === kind)
  return { group: known?.group ?? '', version: 'v1', kind, ...more }
}

function object(kind: string, name: string, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  const group = kinds.all.find((candidate) => candidate.kind === kind)?.group ?? ''
  return { apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, metadata: { name, ...more } }
}

const stored = [
  object('Namespace', 'shop', { labels: { team: 'a' } }),
  object('Namespace', 'kube-system', { labels: { team: 'system' } }),
  object('ConfigMap', 'settings', { namespace: 'shop', labels: { app: 'web' } }),
  object('ConfigMap', 'kube-root-ca.crt', { namespace: 'shop' }),
  object('Deployment', 'web', { namespace: 'shop', labels: { app: 'web' } }),
  object('Deployment', 'going', { namespace: 'shop', deletionTimestamp: '2026-03-01T11:00:00Z' }),
  object('Pod', 'web-1', { namespace: 'shop' }),
  object('Endpoints', 'own', { namespace: 'shop' }),
  object('Endpoints', 'web', { namespace: 'shop' }),
  object('Service', 'web', { namespace: 'shop' }),
  object('ConfigMap', 'other', { namespace: 'elsewhere' }),
  object('ClusterRole', 'reader'),
]

/** Answers reads like a store, so that selection sees only what it asked for. */
function read({ kind, namespace, name }: SelectionRead): KubeObject[] {
  return stored.filter(
    (candidate) =>
      candidate.kind === kind.kind &&
      (namespace === undefined || candidate.metadata.namespace === namespace) &&
      (name === undefined || candidate.metadata.name === name),
  )
}

function select(selectors: readonly ResourceSelectorTerm[], namespace?: string) {
  const given = context(selectors, namespace)
  const first = planReads(given).flatMap(read)
  const { objects, error } = selectResources(given, [...first, ...planNamespaceReads(given, first).flatMap(read)])
  return error ?? objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

describe('a ClusterResourcePlacement', () => {
  test('takes a namespace with everything in it that may travel', () => {
    assert.deepEqual(select([term('Namespace', { name: 'shop' })]), [
      'Namespace shop',
      'ConfigMap settings',
      'Service web',
      'Deployment web',
      'Endpoints own',
    ])
  })

  test('takes a namespace alone in NamespaceOnly', () => {
    assert.deepEqual(select([term('Namespace', { name: 'shop', selectionScope: 'NamespaceOnly' })]), ['Namespace shop'])
  })

  test('limits other selectors to the namespace it names, but not cluster-scoped kinds', () => {
    const selectors = [
      term('Namespace', { name: 'shop', selectionScope: 'NamespaceWithResourceSelectors' }),
      term('ConfigMap'),
      term('ClusterRole'),
    ]
    assert.deepEqual(select(selectors), ['Namespace shop', 'ConfigMap settings', 'ClusterRole reader'])
  })

  test('takes nothing for a name that does not exist, without an error', () => {
    assert.deepEqual(select([term('ClusterRole', { name: 'nobody' })]), [])
    assert.deepEqual(select([term('Namespace', { name: 'nowhere' })]), [])
  })

  test('takes nothing for a kind that never travels', () => {
    assert.deepEqual(select([term('Pod')]), [])
  })

  test('an empty label selector and none at all match everything', () => {
    assert.deepEqual(select([term('ClusterRole', { labelSelector: {} })]), ['ClusterRole reader'])
    assert.deepEqual(select([term('ClusterRole')]), ['ClusterRole reader'])
  })

  for (const [what, selectors, reason] of [
    [
      'a namespaced kind without a namespace',
      [term('Deployment')],
      /cannot select namespace-scoped resource Deployment/,
    ],
    ['a reserved namespace', [term('Namespace', { name: 'kube-system' })], /"kube-system" is not allowed to propagate/],
    ['a bare namespace selector, for it matches a reserved one', [term('Namespace')], /"kube-system" is not allowed/],
    [
      'a missing namespace in NamespaceWithResourceSelectors',
      [term('Namespace', { name: 'nowhere', selectionScope: 'NamespaceWithResourceSelectors' })],
      /"nowhere".* does not exist/,
    ],
    [
      'a nameless namespace in NamespaceWithResourceSelectors',
      [
        term('Namespace', {
          labelSelector: { matchLabels: { team: 'a' } },
          selectionScope: 'NamespaceWithResourceSelectors',
        }),
      ],
      /must be selected by name/,
    ],
    [
      'the same object twice',
      [term('ClusterRole'), term('ClusterRole', { name: 'reader' })],
      /found duplicate resource .*ClusterRole reader/,
    ],
    ['a kind nobody knows', [term('Unheard')], /no kind .*Unheard is known/],
    [
      'a malformed label selector',
      [term('ClusterRole', { labelSelector: { matchExpressions: [{ key: 'a', operator: 'Like' }] } })],
      /"Like" is not a valid label selector operator/,
    ],
  ] as const) {
    test(`fails as a whole for ${what}`, () => assert.match(String(select(selectors)), reason))
  }
})

describe('a ResourcePlacement', () => {
  test('takes objects of its own namespace only', () => {
    assert.deepEqual(select([term('ConfigMap')], 'shop'), ['ConfigMap settings'])
    assert.deepEqual(select([term('ConfigMap', { name: 'other' })], 'shop'), [])
  })

  test('may not take namespaces or cluster-scoped kinds', () => {
    assert.match(String(select([term('Namespace')], 'shop')), /cannot select cluster-scoped resource Namespace/)
    assert.match(String(select([term('ClusterRole')], 'shop')), /cannot select cluster-scoped resource ClusterRole/)
  })

  test('leaves out endpoints a Service stands for', () => {
    assert.deepEqual(select([term('Endpoints')], 'shop'), ['Endpoints own'])
  })
})

describe('planned reads', () => {
  test('are not repeated, and a read of all covers a read of one', () => {
    const reads = planReads(
      context([term('ClusterRole', { name: 'reader' }), term('ClusterRole'), term('ClusterRole')]),
    )
    assert.deepEqual(
      reads.map(({ kind, name }) => [kind.resource, name]),
      [['clusterroles', undefined]],
    )
  })

  test('name one object and one namespace where the selectors do', () => {
    const [one] = planReads(context([term('ConfigMap', { name: 'settings' })], 'shop'))
    assert.deepEqual([one?.kind.resource, one?.namespace, one?.name], ['configmaps', 'shop', 'settings'])
  })
})
