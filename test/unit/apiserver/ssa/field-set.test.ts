import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeFieldSet,
  difference,
  encodeFieldSet,
  fieldSetOf,
  intersection,
  isEmptySet,
  pathsOf,
  pathText,
  recursiveDifference,
  sameSet,
  union,
} from '../../../../shared/apiserver/ssa/field-set.ts'
import { fieldStep, keyStep, valueStep } from '../../../../shared/apiserver/ssa/path-step.ts'

const encoded = {
  'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} }, 'f:finalizers': { 'v:"x<y"': {} } },
  'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } } },
}

test('a set comes back as it was written', () => {
  const again = encodeFieldSet(decodeFieldSet(encoded))
  assert.deepEqual(decodeFieldSet(again), decodeFieldSet(encoded))
  assert.ok(JSON.stringify(again).includes('x\\\\u003cy'), 'values are escaped the way Go does')
})

test('keys are one however they are written', () => {
  const other = { 'f:spec': { 'f:ports': { 'k:{ "protocol": "TCP", "port": 80.0 }': {} } } }
  const port = [
    fieldStep('spec'),
    fieldStep('ports'),
    keyStep([
      ['port', 80],
      ['protocol', 'TCP'],
    ]),
  ]
  assert.ok(decodeFieldSet(other).has(port))
})

test('paths read as conflicts print them', () => {
  const texts = pathsOf(decodeFieldSet(encoded)).map(pathText)
  assert.deepEqual(texts, [
    '.metadata.labels',
    '.metadata.finalizers[="x<y"]',
    '.metadata.labels.a',
    '.spec.ports[port=80,protocol="TCP"]',
    '.spec.ports[port=80,protocol="TCP"].port',
  ])
})

test('a difference takes exact paths, a recursive one what lies below as well', () => {
  const set = fieldSetOf(['f:a'], ['f:a', 'f:b'], ['f:c'])
  const gone = fieldSetOf(['f:a'])
  assert.ok(sameSet(difference(set, gone), fieldSetOf(['f:a', 'f:b'], ['f:c'])))
  assert.ok(sameSet(recursiveDifference(set, gone), fieldSetOf(['f:c'])))
})

test('sets unite and intersect by path', () => {
  const left = fieldSetOf(['f:a', 'f:b'], ['f:c'])
  const right = fieldSetOf(['f:a'], ['f:c'])
  assert.ok(sameSet(intersection(left, right), fieldSetOf(['f:c'])))
  assert.ok(sameSet(union(left, right), fieldSetOf(['f:a'], ['f:a', 'f:b'], ['f:c'])))
  assert.ok(isEmptySet(difference(left, left)))
})

test('steps of a kind nobody knows are dropped, broken ones are refused', () => {
  assert.ok(isEmptySet(decodeFieldSet({ 'z:future': {} })))
  for (const broken of [{ a: {} }, { 'v:{': {} }, { 'k:[1]': {} }, { 'f:a': 1 }, 'x']) {
    assert.throws(() => decodeFieldSet(broken), { name: 'InvalidInputError', message: /^fieldsV1: / })
  }
})

test('a set nested too deep is refused', () => {
  const deep = JSON.parse(`${'{"f:a":'.repeat(600)}{}${'}'.repeat(600)}`) as unknown
  assert.throws(() => decodeFieldSet(deep), /nested deeper than 512/)
})

test('an item of a set is named by its value', () => {
  assert.equal(valueStep('a'), 'v:"a"')
  assert.equal(valueStep(1), 'v:1')
})
