import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyStrategicMergePatch } from '../../../../shared/apiserver/patch/strategic-merge.ts'
import type { Schema } from '../../../../shared/apiserver/schema/schema.ts'

const keyed = (mergeKey: string, strategy = 'merge'): Schema => ({
  type: 'array',
  'x-kubernetes-patch-strategy': strategy,
  'x-kubernetes-patch-merge-key': mergeKey,
  items: {
    type: 'object',
    properties: {
      env: {
        type: 'array',
        'x-kubernetes-patch-strategy': 'merge',
        'x-kubernetes-patch-merge-key': 'name',
        items: { type: 'object' },
      },
    },
  },
})
const schema: Schema = {
  type: 'object',
  properties: {
    containers: keyed('name'),
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-patch-strategy': 'merge' },
    args: { type: 'array', items: { type: 'string' } },
    strategy: { type: 'object', 'x-kubernetes-patch-strategy': 'retainKeys' },
    whole: { type: 'object', 'x-kubernetes-patch-strategy': 'replace' },
  },
}
const base = {
  containers: [
    { name: 'a', image: 'a:1', env: [{ name: 'E', value: '1' }] },
    { name: 'b', image: 'b:1' },
  ],
  finalizers: ['x', 'y'],
  args: ['1'],
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } },
  whole: { a: 1 },
}
const [a, b] = base.containers

for (const [what, patch, want] of [
  [
    'merges items by key',
    { containers: [{ name: 'b', image: 'b:2' }] },
    { containers: [a, { name: 'b', image: 'b:2' }] },
  ],
  [
    'puts new items first, as the API server does without an order',
    { containers: [{ name: 'c' }] },
    { containers: [{ name: 'c' }, a, b] },
  ],
  ['removes an item on order', { containers: [{ $patch: 'delete', name: 'a' }] }, { containers: [b] }],
  ['replaces a list on order', { containers: [{ $patch: 'replace' }, { name: 'z' }] }, { containers: [{ name: 'z' }] }],
  [
    'merges lists inside items',
    { containers: [{ name: 'a', env: [{ name: 'F' }] }] },
    { containers: [{ ...a, env: [{ name: 'F' }, { name: 'E', value: '1' }] }, b] },
  ],
  ['orders items on order', { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] }, { containers: [b, a] }],
  ['unites sets', { finalizers: ['z', 'x'] }, { finalizers: ['z', 'x', 'y'] }],
  ['removes from sets', { '$deleteFromPrimitiveList/finalizers': ['x'] }, { finalizers: ['y'] }],
  ['replaces plain lists', { args: ['2'] }, { args: ['2'] }],
  [
    'drops what is not retained',
    { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    { strategy: { type: 'Recreate' } },
  ],
  ['empties a map on order', { strategy: { $patch: 'delete' } }, { strategy: {} }],
  ['replaces a map on order', { strategy: { $patch: 'replace', type: 'x' } }, { strategy: { type: 'x' } }],
  ['replaces a map whose strategy says so', { whole: { b: 1 } }, { whole: { b: 1 } }],
  ['adds without nulls and orders', { added: { x: null, y: [{ z: null }] } }, { added: { y: [{}] } }],
  ['deletes with null', { args: null, missing: null }, { args: undefined }],
] as const) {
  test(`a strategic merge patch ${what}`, () => {
    const before = structuredClone(base)
    const { args, ...rest } = { ...base, ...want }
    assert.deepEqual(applyStrategicMergePatch(schema, base, patch), args === undefined ? rest : { ...rest, args })
    assert.deepEqual(base, before)
  })
}

for (const [what, patch] of [
  ['an item without its key', { containers: [{ image: 'x' }] }],
  ['an unknown order for an item', { containers: [{ name: 'a', $patch: 'x' }] }],
  ['an unknown order for a map', { strategy: { $patch: 'x' } }],
  [
    'a patch against its own order',
    { containers: [{ name: 'b' }, { name: 'a' }], '$setElementOrder/containers': [{ name: 'a' }, { name: 'b' }] },
  ],
  ['a patch that keeps what it does not retain', { strategy: { $retainKeys: ['type'], other: 1 } }],
  ['an order without a field', { $setElementOrder: [] }],
  ['a list of mixed kinds', { finalizers: ['z', { a: 1 }] }],
  ['something that is no object', []],
] as const) {
  test(`a strategic merge patch refuses ${what}`, () => {
    assert.throws(() => applyStrategicMergePatch(schema, base, patch), { name: 'InvalidInputError' })
  })
}
