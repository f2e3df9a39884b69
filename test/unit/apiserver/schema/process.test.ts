import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import type { JsonObject } from '../../../../shared/api/json.ts'
import { processObject } from '../../../../shared/apiserver/schema/process.ts'
import type { FieldError, Schema } from '../../../../shared/apiserver/schema/schema.ts'
import { type SchemaCase, schemaCases } from './cases.ts'
import recordedJson from './recorded.generated.json' with { type: 'json' }

const Cause = z.object({ reason: z.string(), message: z.string(), field: z.string().default('') })
const Recorded = z.record(
  z.string(),
  z.union([
    z.object({ accepted: z.literal(true), spec: z.unknown(), warnings: z.array(z.string()) }),
    z.object({ accepted: z.literal(false), causes: z.array(Cause) }),
  ]),
)
const recorded = Recorded.parse(recordedJson)

const text = ({ field, reason, message }: { field: string; reason: string; message: string }) =>
  `${field}|${reason}|${message}`

function processCase({ schema, spec, old }: SchemaCase) {
  const root: Schema = { type: 'object', properties: { spec: schema as Schema } }
  const whole = (spec: JsonObject): JsonObject => ({
    apiVersion: 'demo.io/v1',
    kind: 'Thing',
    metadata: { name: 'a' },
    spec,
  })
  return processObject(root, whole(spec), { old: old && whole(old) })
}

describe('every case is answered as a real API server answers it', () => {
  for (const schemaCase of schemaCases) {
    test(schemaCase.name, () => {
      const expected = recorded[schemaCase.name]
      assert.ok(expected, 'record the case: node test/support/record-schema-cases.ts')
      const { object, errors, unknownFields, warnings } = processCase(schemaCase)
      if (expected.accepted) {
        assert.deepEqual(errors, [])
        assert.deepEqual(object['spec'], expected.spec)
        assert.deepEqual([...unknownFields.map((path) => `unknown field "${path}"`), ...warnings], expected.warnings)
      } else {
        assert.deepEqual(errors.map(text).sort(), expected.causes.map(text).sort())
      }
    })
  }
})

describe('hostile input', () => {
  const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const map: Schema = {
    type: 'object',
    properties: { data: { type: 'object', additionalProperties: { type: 'string' } } },
  }

  test('a key named __proto__ stays a key', () => {
    const object = JSON.parse('{"data":{"__proto__":"x"},"__proto__":{"polluted":true}}')
    const { object: out, unknownFields } = processObject(map, object)
    assert.deepEqual(Object.keys(out['data'] as JsonObject), ['__proto__'])
    assert.equal(Object.getPrototypeOf(out), Object.prototype)
    assert.equal('polluted' in out, false)
    assert.deepEqual(unknownFields, ['__proto__'])
    const kept = processObject(open, object).object
    assert.ok(Object.hasOwn(kept, '__proto__'))
    assert.equal('polluted' in kept, false)
  })

  test('properties every object inherits are not mistaken for fields of a schema', () => {
    const { unknownFields } = processObject(
      { type: 'object', properties: { a: { type: 'string' } } },
      { constructor: 1, toString: 2 },
    )
    assert.deepEqual(unknownFields, ['constructor', 'toString'])
  })

  test('nesting without end is refused, not a stack overflow', () => {
    const node: { -readonly [K in keyof Schema]: Schema[K] } = { type: 'object' }
    node.properties = { next: node }
    let value: JsonObject = {}
    for (let i = 0; i < 5000; i++) value = { next: value }
    const { errors } = processObject(node, value)
    assert.equal(errors.length, 1)
    assert.match((errors[0] as FieldError).message, /nested deeper than 256/)
  })

  test('a pattern that would never end elsewhere ends here', () => {
    const schema: Schema = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }
    const started = performance.now()
    const { errors } = processObject(schema, { a: `${'a'.repeat(5000)}!` })
    assert.equal(errors.length, 1)
    assert.ok(performance.now() - started < 2000)
  })

  test('complaints are bounded', () => {
    const schema: Schema = { type: 'object', additionalProperties: { type: 'integer' } }
    const object = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'no']))
    assert.equal(processObject(schema, object).errors.length, 100)
  })

  test('the input is left as it was', () => {
    const schema: Schema = {
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'integer', default: 1 } } } },
    }
    const input = { a: { c: [1] }, d: null }
    const copy = structuredClone(input)
    processObject(schema, input)
    assert.deepEqual(input, copy)
  })
})
