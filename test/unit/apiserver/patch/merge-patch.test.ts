import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyMergePatch } from '../../../../shared/apiserver/patch/merge-patch.ts'

for (const [what, original, patch, want] of [
  ['merges maps', { a: { b: 1, c: 2 } }, { a: { c: 3, d: 4 } }, { a: { b: 1, c: 3, d: 4 } }],
  ['deletes with null', { a: 1, b: 2 }, { a: null, missing: null }, { b: 2 }],
  ['replaces lists', { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ['replaces a list by a map, without its nulls', { a: [1] }, { a: { b: null, c: 1 } }, { a: { c: 1 } }],
  ['leaves nulls inside lists', { a: 1 }, { a: [null] }, { a: [null] }],
] as const) {
  test(`a merge patch ${what}`, () => {
    const before = structuredClone(original)
    assert.deepEqual(applyMergePatch(original, patch), want)
    assert.deepEqual(original, before)
  })
}

test('a merge patch that is no object is refused', () => {
  for (const patch of [[], 'x', 3, null]) assert.throws(() => applyMergePatch({}, patch), { code: 400 })
})

test('the key __proto__ is data and reaches no prototype', () => {
  const result = applyMergePatch({}, JSON.parse('{"__proto__": {"polluted": true}}'))
  assert.equal(JSON.stringify(result), '{"__proto__":{"polluted":true}}')
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('a document nested too deep is refused', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(600)}1${'}'.repeat(600)}`) as unknown
  assert.throws(() => applyMergePatch({}, deep), { code: 400, message: /nested deeper than 512/ })
})
