import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../shared/api/json.ts'
import { isJsonObject } from '../../shared/api/json.ts'
import { formatIp, parseIp } from '../../shared/apiserver/schema/ip-address.ts'
import { equalJson } from '../../shared/apiserver/schema/json-value.ts'
import { processObject } from '../../shared/apiserver/schema/process.ts'
import type { Schema } from '../../shared/apiserver/schema/schema.ts'

const names = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', 'constructor')

const schemas: fc.Arbitrary<Schema> = fc.letrec<{ node: Schema }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Schema>(
      { type: 'string' },
      { type: 'integer', minimum: 0 },
      { type: 'boolean', default: true },
      { type: 'string', default: 'd', nullable: true },
      { 'x-kubernetes-int-or-string': true },
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    ),
    fc.record({ type: fc.constant('array' as const), items: tie('node') }),
    fc.record({ type: fc.constant('object' as const), additionalProperties: tie('node') }),
    fc.record({
      type: fc.constant('object' as const),
      properties: fc.dictionary(names, tie('node'), { noNullPrototype: true }),
    }),
  ),
})).node

const values = fc.dictionary(names, fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>, { noNullPrototype: true })
const roots = fc
  .dictionary(names, schemas, { noNullPrototype: true })
  .map((properties): Schema => ({ type: 'object', properties }))

/** Every object below a value, itself included. */
function objectsIn(value: Json): readonly JsonObject[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  if (!isJsonObject(value)) return []
  return [value, ...Object.values(value).flatMap((child) => (child === undefined ? [] : objectsIn(child)))]
}

test('processing twice is processing once, and the second time nothing is unknown', () => {
  fc.assert(
    fc.property(roots, values, (schema, value) => {
      const once = processObject(schema, value)
      const twice = processObject(schema, once.object)
      assert.ok(equalJson(twice.object, once.object))
      assert.deepEqual(twice.unknownFields, [])
      assert.deepEqual(twice.errors, once.errors)
    }),
  )
})

test('the input is never changed and no prototype ever is', () => {
  fc.assert(
    fc.property(roots, values, (schema, value) => {
      const before = JSON.stringify(value)
      const { object } = processObject(schema, value)
      assert.equal(JSON.stringify(value), before)
      for (const inner of objectsIn(object)) assert.equal(Object.getPrototypeOf(inner), Object.prototype)
    }),
  )
})

test('an update that changes nothing is never refused', () => {
  fc.assert(
    fc.property(roots, values, (schema, value) => {
      const { object } = processObject(schema, value)
      assert.deepEqual(processObject(schema, object, { old: object }).errors, [])
    }),
  )
})

test('an address printed and read again is the same address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = parseIp(text)
      if (address !== undefined) assert.deepEqual(parseIp(formatIp(address)), address)
    }),
  )
})
