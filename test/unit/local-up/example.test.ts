// The example: read in a workable order, followed by its placement's own status.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { progressOf, readManifests } from '../../../infra/local/up/example.ts'

const folder = mkdtempSync(join(tmpdir(), 'hubless-example-'))
after(() => rmSync(folder, { recursive: true }))

test('the shop: its namespace first, a placement among the rest', () => {
  const kinds = readManifests('infra/local/example').map(({ kind }) => kind)
  assert.equal(kinds[0], 'Namespace')
  assert.deepEqual([...kinds].sort(), [
    'ClusterResourcePlacement',
    'ConfigMap',
    'Deployment',
    'Namespace',
    'Secret',
    'Service',
  ])
})

for (const [name, content, words] of [
  ['a.yaml', 'kind: X', /a\.yaml: apiVersion/],
  ['b.yaml', 'a: [', /b\.yaml: /],
  ['c.yaml', '# nothing', /there is no Kubernetes object in .*c\.yaml/],
] as const) {
  test(`${name} is refused`, () => {
    writeFileSync(join(folder, name), content)
    assert.throws(() => readManifests(join(folder, name)), words)
  })
}

const placement = { apiVersion: 'x/v1', kind: 'ClusterResourcePlacement', metadata: { name: 'shop' } }
const on = (clusterName: string, ...types: string[]) => ({
  clusterName,
  conditions: types.map((type) => ({ type, status: 'True' })),
})
const status = (generation: number, types: string[], placementStatuses: object[]) => ({
  ...placement,
  metadata: { name: 'shop', generation },
  status: {
    conditions: types.map((type) => ({ type, status: 'True', observedGeneration: 2 })),
    placementStatuses,
  },
})

for (const [current, line, available] of [
  [undefined, 'waiting', false],
  [{ ...placement, metadata: { name: 'shop', generation: 1 } }, 'scheduling', false],
  [status(2, [], [on('a', 'Applied'), on('b'), on('')]), 'on 2 clusters, applied on 1, available on 0', false],
  [
    status(2, ['ClusterResourcePlacementAvailable'], [on('a', 'Applied', 'Available')]),
    'on 1 clusters, applied on 1, available on 1',
    true,
  ],
  [
    status(3, ['ClusterResourcePlacementAvailable'], [on('a', 'Applied', 'Available')]),
    'on 1 clusters, applied on 1, available on 1',
    false,
  ],
] as const) {
  test(`${line}${available ? ', done' : ''}`, () => {
    assert.deepEqual(progressOf(placement, current), { line: `ClusterResourcePlacement shop: ${line}`, available })
  })
}
