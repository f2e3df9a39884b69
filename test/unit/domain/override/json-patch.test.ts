import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyJsonPatch } from '../../../../shared/domain/override/json-patch.ts'
import { valueFor, withVariables } from '../../../../shared/domain/override/variables.ts'
import { InvalidInputError } from '../../../../shared/errors.ts'

const document = { list: ['a', 'b'], map: { key: 1 }, nothing: null }

const applied: readonly (readonly [string, string, unknown, unknown])[] = [
  ['add', '/list/-', 'c', { ...document, list: ['a', 'b', 'c'] }],
  ['add', '/list/0', 'c', { ...document, list: ['c', 'a', 'b'] }],
  ['add', '/list/-1', 'c', { ...document, list: ['a', 'b', 'c'] }],
  ['add', '/list/-2', 'c', { ...document, list: ['a', 'c', 'b'] }],
  ['remove', '/list/-1', undefined, { ...document, list: ['a'] }],
  ['replace', '/list/1', 'c', { ...document, list: ['a', 'c'] }],
  ['replace', '/nothing', 2, { ...document, nothing: 2 }],
  ['add', '/map/a~1b~0c', 2, { ...document, map: { key: 1, 'a/b~c': 2 } }],
  ['add', '/map/key', undefined, { ...document, map: { key: null } }],
]
for (const [op, path, value, want] of applied) {
  test(`${op} ${path} applies`, () => assert.deepEqual(applyJsonPatch(document, [{ op, path, value }]), want))
}

const refused: readonly (readonly [string, string])[] = [
  ['add', '/missing/key'],
  ['add', '/list/3'],
  ['add', '/list/-4'],
  ['add', '/list/x'],
  ['add', '/nothing/key'],
  ['remove', '/map/other'],
  ['remove', '/list/2'],
  ['remove', '/list/-'],
  ['replace', '/map/other'],
  ['replace', '/list/-3'],
  ['move', '/map/key'],
  ['remove', ''],
]
for (const [op, path] of refused) {
  test(`${op} ${path || 'everything'} is refused and changes nothing`, () => {
    const before = structuredClone(document)
    assert.throws(() => applyJsonPatch(document, [{ op, path, value: 1 }]), InvalidInputError)
    assert.deepEqual(document, before)
  })
}

test('a member called __proto__ is data', () => {
  const got = applyJsonPatch({ map: {} }, [{ op: 'add', path: '/map/__proto__', value: { polluted: true } }])
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.equal(JSON.stringify(got), '{"map":{"__proto__":{"polluted":true}}}')
})

const cluster = { name: 'c-1', labels: { region: 'west', 'a.b/c': 'x' } }
const open = '$' + '{MEMBER-CLUSTER-'

test('variables are replaced in values, member names included', () => {
  const value = { [`${open}NAME}`]: [`${open}LABEL-KEY-region}-${open}LABEL-KEY-a.b/c}`] }
  assert.deepEqual(valueFor(value, cluster), { 'c-1': ['west-x'] })
})

test('a label that holds a variable is not looked at again', () => {
  const odd = { name: 'c', labels: { a: `${open}LABEL-KEY-a}` } }
  assert.equal(withVariables(`${open}LABEL-KEY-a}`, odd), `${open}LABEL-KEY-a}`)
})

for (const text of [`${open}LABEL-KEY-other}`, `${open}LABEL-KEY-region`, `${open}LABEL-KEY-constructor}`]) {
  test(`${text} is refused`, () => assert.throws(() => withVariables(text, cluster), InvalidInputError))
}
