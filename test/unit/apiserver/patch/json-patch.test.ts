import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyJsonPatch, maxJsonPatchOperations } from '../../../../shared/apiserver/patch/json-patch.ts'

const base = { a: { b: 'c', list: [1, 2, 3] }, 'x/y': 1, nothing: null }

for (const [what, patch, want] of [
  ['adds a member', [{ op: 'add', path: '/a/n', value: 1 }], { ...base, a: { ...base.a, n: 1 } }],
  ['inserts an item', [{ op: 'add', path: '/a/list/1', value: 9 }], { ...base, a: { ...base.a, list: [1, 9, 2, 3] } }],
  ['appends an item', [{ op: 'add', path: '/a/list/-', value: 9 }], { ...base, a: { ...base.a, list: [1, 2, 3, 9] } }],
  ['removes an item', [{ op: 'remove', path: '/a/list/0' }], { ...base, a: { ...base.a, list: [2, 3] } }],
  ['reads escaped names', [{ op: 'replace', path: '/x~1y', value: 2 }], { ...base, 'x/y': 2 }],
  ['replaces a member that is not there', [{ op: 'replace', path: '/new', value: 2 }], { ...base, new: 2 }],
  [
    'moves',
    [{ op: 'move', from: '/a/b', path: '/moved' }],
    { a: { list: [1, 2, 3] }, 'x/y': 1, nothing: null, moved: 'c' },
  ],
  [
    'moves within a list',
    [{ op: 'move', from: '/a/list/0', path: '/a/list/2' }],
    { ...base, a: { ...base.a, list: [2, 3, 1] } },
  ],
  ['copies', [{ op: 'copy', from: '/a/list', path: '/copied' }], { ...base, copied: [1, 2, 3] }],
  ['replaces the whole', [{ op: 'replace', path: '', value: { z: 1 } }], { z: 1 }],
  ['passes a test that holds', [{ op: 'test', path: '/a', value: { list: [1, 2, 3], b: 'c' } }], base],
  ['takes a missing member for null in a test', [{ op: 'test', path: '/missing', value: null }], base],
] as const) {
  test(`a JSON patch ${what}`, () => {
    const before = structuredClone(base)
    assert.deepEqual(applyJsonPatch(base, patch), want)
    assert.deepEqual(base, before, 'the original stays as it is')
  })
}

for (const [what, patch, code, message] of [
  ['a failed test', [{ op: 'test', path: '/a/b', value: 'x' }], 422, 'testing value /a/b failed: test failed'],
  ['a test of another type', [{ op: 'test', path: '/x~1y', value: '1' }], 422, /failed: test failed/],
  ['a missing parent', [{ op: 'add', path: '/no/n', value: 1 }], 422, /doc is missing path: "\/no\/n"/],
  ['the removal of what is not there', [{ op: 'remove', path: '/no' }], 422, /Unable to remove nonexistent key: no/],
  ['an index behind the end', [{ op: 'add', path: '/a/list/4', value: 1 }], 422, /invalid index referenced/],
  ['an index with a leading zero', [{ op: 'remove', path: '/a/list/01' }], 422, /not a proper array index/],
  ['a move into its own child', [{ op: 'move', from: '/a', path: '/a/b' }], 422, /into its own child/],
  ['an inherited member', [{ op: 'replace', path: '/toString/name', value: 1 }], 422, /doc is missing path/],
  ['the prototype', [{ op: 'add', path: '/__proto__/polluted', value: 1 }], 422, /may not contain "__proto__"/],
  [
    'the constructor',
    [{ op: 'add', path: '/constructor/prototype/x', value: 1 }],
    422,
    /may not contain "constructor"/,
  ],
  ['a path without a slash', [{ op: 'add', path: 'a', value: 1 }], 422, /does not start with "\/"/],
  ['an add without a value', [{ op: 'add', path: '/n' }], 422, /needs a "value"/],
  ['a move without a source', [{ op: 'move', path: '/n' }], 422, /needs a "from"/],
  ['an unknown operation', [{ op: 'increase', path: '/n' }], 422, /allowed are add, remove, replace, move, copy, test/],
  ['an operation that is none', ['add'], 400, /JSON patch operation 0/],
  ['something that is no list', { op: 'add' }, 400, /list of operations/],
  ['a whole that is no object', [{ op: 'replace', path: '', value: 3 }], 422, /not an object/],
] as const) {
  test(`a JSON patch refuses ${what}`, () => {
    assert.throws(() => applyJsonPatch(base, patch), { name: 'InvalidInputError', code, message })
  })
}

test('a patch of too many operations is refused with 413', () => {
  const patch = Array.from({ length: maxJsonPatchOperations + 1 }, () => ({
    op: 'test',
    path: '/nothing',
    value: null,
  }))
  assert.throws(() => applyJsonPatch(base, patch), { code: 413, reason: 'RequestEntityTooLarge' })
})

test('copies that double the document are stopped', () => {
  const patch = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '', path: `/copy${index}` }))
  assert.throws(() => applyJsonPatch({ a: { text: 'x'.repeat(1000) } }, patch), {
    code: 422,
    message: /copies more than/,
  })
})

test('a patch of many moves in a long list stays quick', () => {
  const list = Array.from({ length: 5000 }, (_, index) => ({ name: `item-${index}`, text: 'x'.repeat(50) }))
  const patch = Array.from({ length: 5000 }, () => ({ op: 'move', from: '/list/0', path: '/list/2500' }))
  const started = performance.now()
  const result = applyJsonPatch({ list }, patch)
  assert.equal((result['list'] as unknown[]).length, list.length)
  assert.ok(performance.now() - started < 5000)
})
