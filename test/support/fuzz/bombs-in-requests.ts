// Selectors and patches that cost more to run than to write.
import { type Bomb, configMaps, get, gizmos, many, send } from './bomb-parts.ts'

export function selectors(): Record<string, Bomb> {
  const texts = {
    'values that fit in': `a in (${many(9_000, (index) => `v${index}`).join(',')})`,
    'a hundred thousand values': `a in (${many(100_000, (index) => `v${index}`).join(',')})`,
    'a hundred thousand commas': ','.repeat(100_000),
    'sixty thousand commas in brackets': `a in (${','.repeat(60_000)})`,
    'thirty thousand names': many(30_000, () => 'a').join(','),
    'brackets only': '('.repeat(60_000),
    'negations only': '!'.repeat(60_000),
    'one long name': `${'a'.repeat(60_000)}=b`,
    'escapes only': '\\'.repeat(60_000),
    'equals signs only': '='.repeat(60_000),
    'blanks only': `a${' '.repeat(60_000)}=b`,
  }
  const rows: [string, Bomb][] = Object.entries(texts).flatMap(([name, text]) =>
    ['labelSelector', 'fieldSelector'].map((parameter): [string, Bomb] => {
      const path = `${configMaps}?${parameter}=${encodeURIComponent(text)}`
      return [`${parameter} of ${name}`, [get(path), { method: 'DELETE', path, headers: [] }]]
    }),
  )
  const values = many(100_000, (index) => `v${index}`)
  const matchExpressions = [{ key: 'a', operator: 'In', values }]
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'bomb' } }
  const inObject = send('POST', '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies', {
    ...policy,
    spec: { podSelector: { matchExpressions } },
  })
  const placement = { apiVersion: 'placement.kubernetes-fleet.io/v1beta1', kind: 'ClusterResourcePlacement' }
  const inPlacement = send('POST', '/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements', {
    ...placement,
    metadata: { name: 'bomb' },
    spec: {
      resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', labelSelector: { matchExpressions } }],
      policy: { placementType: 'PickAll' },
    },
  })
  return { ...Object.fromEntries(rows), 'selector in an object': [inObject], 'selector in a placement': [inPlacement] }
}

export function patches(): Record<string, Bomb> {
  const patch = (path: string, operations: unknown) => send('PATCH', path, operations, 'application/json-patch+json')
  const doubling = (at: string, times: number) =>
    many(times, (index) => ({ op: 'copy', from: at, path: `${at}/k${index}` }))
  const chained = (at: string, times: number) =>
    many(times, (index) => ({ op: 'copy', from: at, path: `${at}${'/x'.repeat(index + 1)}` }))
  const gizmo = { apiVersion: 'fuzz.example.com/v1', kind: 'Gizmo', metadata: { name: 'bomb' } }
  const free = { a: 'x'.repeat(1_000), list: many(20_000, (index) => index) }
  const make = send('POST', gizmos, { ...gizmo, spec: { size: 1, free } })
  const at = `${gizmos}/bomb`
  return {
    'patch that copies a tree into itself forty times': [make, patch(at, doubling('/spec/free', 40))],
    'patch that copies ever deeper': [patch(at, chained('/spec/free', 30))],
    'patch that copies a text into a list': [
      patch(at, [
        { op: 'add', path: '/spec/free/big', value: 'y'.repeat(1_000_000) },
        ...many(5_000, () => ({ op: 'copy', from: '/spec/free/big', path: '/spec/free/list/-' })),
      ]),
    ],
    'patch of ten thousand insertions at the head': [
      patch(
        at,
        many(10_000, () => ({ op: 'add', path: '/spec/free/list/0', value: 1 })),
      ),
    ],
    'patch of ten thousand comparisons of a large tree': [
      patch(
        at,
        many(100, () => ({ op: 'test', path: '/spec/free', value: free })),
      ),
    ],
    'patch of too many operations': [
      patch(
        at,
        many(60_000, () => ({ op: 'test', path: '', value: 1 })),
      ),
    ],
    'patch that moves a tree into its child': [patch(at, [{ op: 'move', from: '/spec', path: '/spec/free/x' }])],
    'patch with a path of a million steps': [
      patch(at, [{ op: 'add', path: '/a'.repeat(1_000_000), value: 1 }]),
      patch(at, [{ op: 'test', path: '/~1'.repeat(500_000), value: 1 }]),
    ],
    'patch that deepens in steps': [
      patch(
        at,
        many(2_000, (index) => ({ op: 'add', path: `/spec/free${'/d'.repeat(index + 1)}`, value: {} })).slice(0, 900),
      ),
    ],
    'strategic patch of a hundred thousand directives': [
      send(
        'PATCH',
        `${configMaps}/bomb`,
        { data: { $retainKeys: many(100_000, (index) => `k${index}`) } },
        'application/strategic-merge-patch+json',
      ),
    ],
  }
}
