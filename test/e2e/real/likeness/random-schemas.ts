// Random structural schemas and random values, most of them nearly right, for comparisons with a real API server.
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../../shared/api/json.ts'

const texts = ['', 'a', 'b', 'ab', 'abc', 'A1', '2024-01-02', '10.0.0.1', '5%', 'ü😀', '1h', 'x'.repeat(12)]
const numbers = [-1, 0, 1, 2, 3, 5, 7, 10, 0.5, 2.5, 2 ** 31]

const text = fc.constantFrom(...texts)
const whole = fc.constantFrom(...numbers.filter(Number.isInteger))

function maybe<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 3 })
}

function maybeRare<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ arbitrary, weight: 1 }, { arbitrary: fc.constant(undefined), weight: 5 })
}

/** Keywords, without those that were not drawn. */
function keywords(parts: Readonly<Record<string, fc.Arbitrary<Json | undefined>>>): fc.Arbitrary<JsonObject> {
  return fc
    .record(parts)
    .map((drawn) => Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)) as JsonObject)
}

const one = <T extends Json>(value: T): fc.Arbitrary<T> => fc.constant(value)

const stringSchema = keywords({
  type: one('string'),
  maxLength: maybeRare(fc.integer({ min: 1, max: 4 })),
  minLength: maybeRare(fc.nat(2)),
  pattern: maybeRare(fc.constantFrom('^[a-z]*$', '[0-9]', '^a|b$', '^.{2,3}$')),
  enum: maybeRare(fc.constantFrom<Json>(['a', 'b', 'ab'], ['abc'])),
  format: maybeRare(fc.constantFrom('date', 'ipv4', 'duration', 'byte', 'hostname', 'unheard-of')),
  nullable: maybe(fc.boolean()),
  default: maybe(fc.constantFrom('a', 'abc')),
})
const integerSchema = keywords({
  type: one('integer'),
  minimum: maybe(fc.nat(3)),
  maximum: maybe(fc.nat(8)),
  exclusiveMinimum: maybe(fc.boolean()),
  exclusiveMaximum: maybe(fc.boolean()),
  multipleOf: maybeRare(fc.constantFrom(2, 3)),
  format: maybe(fc.constantFrom('int32', 'int64')),
  nullable: maybe(fc.boolean()),
  enum: maybeRare(fc.constantFrom<Json>([1, 2, 3])),
  default: maybe(fc.constantFrom(1, 2)),
})
const numberSchema = keywords({
  type: one('number'),
  minimum: maybe(fc.constantFrom(0, 0.5)),
  maximum: maybe(fc.constantFrom(2.5, 7)),
  default: maybe(fc.constantFrom(1, 0.5)),
})
const booleanSchema = keywords({ type: one('boolean'), nullable: maybe(fc.boolean()), default: maybe(fc.boolean()) })
const intOrString = keywords({
  'x-kubernetes-int-or-string': one(true),
  anyOf: maybe(one([{ type: 'integer' }, { type: 'string' }])),
  pattern: maybeRare(one('^[0-9]+%?$')),
  maximum: maybeRare(one(5)),
  default: maybe(fc.constantFrom<Json>(1, '5%')),
})
const looseSchema = one<JsonObject>({ type: 'object', additionalProperties: true })
const openSchema = keywords({
  type: one('object'),
  'x-kubernetes-preserve-unknown-fields': one(true),
  properties: maybe(one<JsonObject>({ known: { type: 'integer', default: 3 } })),
})
const embeddedSchema = keywords({
  type: one('object'),
  'x-kubernetes-embedded-resource': one(true),
  'x-kubernetes-preserve-unknown-fields': one(true),
})

const scalar = fc.oneof(stringSchema, integerSchema, numberSchema, booleanSchema, intOrString)
const names = ['a', 'b', 'c', 'd']

/** Choices that only restrict values of an object with the fields a, b, c and d. */
const choices = fc.constantFrom<JsonObject>(
  {},
  {},
  {},
  { oneOf: [{ required: ['a'] }, { required: ['b'] }] },
  { anyOf: [{ required: ['a'] }, { required: ['c'] }] },
  { not: { required: ['a', 'b'] } },
  { allOf: [{ minProperties: 1 }, { maxProperties: 2 }] },
)

function objectSchema(child: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  const properties = fc.dictionary(fc.constantFrom(...names), child, { minKeys: 1, noNullPrototype: true })
  return fc
    .tuple(
      properties,
      fc.subarray(names),
      choices,
      keywords({
        nullable: maybe(one(true)),
        'x-kubernetes-map-type': maybe(one('atomic')),
        minProperties: maybe(one(1)),
      }),
      maybe(one<JsonObject>({})),
    )
    .map(([fields, required, choice, more, empty]) => ({
      type: 'object',
      properties: fields,
      ...(required.length > 0 && required.length < 3 && { required: required.filter((name) => name in fields) }),
      ...choice,
      ...more,
      ...(empty !== undefined &&
        required.every((name) => !(name in fields)) &&
        !('minProperties' in more) &&
        Object.keys(choice).length === 0 && { default: empty }),
    }))
}

function listSchema(child: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  const bounds = keywords({
    minItems: maybe(one(1)),
    maxItems: maybe(fc.integer({ min: 1, max: 3 })),
    nullable: maybe(one(true)),
  })
  const key = fc.constantFrom<JsonObject>(
    { type: 'string' },
    { type: 'integer', default: 1 },
    { type: 'string', default: 'a' },
  )
  return fc.oneof(
    fc.tuple(child, bounds).map(([items, more]) => ({ type: 'array', items, ...more })),
    fc
      .tuple(fc.constantFrom<JsonObject>({ type: 'string' }, { type: 'integer' }), bounds)
      .map(([items, more]) => ({ type: 'array', 'x-kubernetes-list-type': 'set', items, ...more })),
    fc.tuple(key, child, bounds).map(([k, value, more]) => ({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k, a: value }, ...(!('default' in k) && { required: ['k'] }) },
      ...more,
    })),
  )
}

const mapSchema = (child: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(
      // Defaults of map entries would be for entries nobody named.
      child.map(({ default: _default, ...schema }) => schema),
      keywords({
        maxProperties: maybe(fc.integer({ min: 1, max: 2 })),
        minProperties: maybe(one(1)),
        nullable: maybe(one(true)),
      }),
    )
    .map(([additionalProperties, more]) => ({ type: 'object', additionalProperties, ...more }))

/** Schemas of a field, `depth` levels deep at most. */
export function fieldSchema(depth: number): fc.Arbitrary<JsonObject> {
  if (depth === 0) return scalar
  const child = fieldSchema(depth - 1)
  return fc.oneof(
    { arbitrary: scalar, weight: 3 },
    { arbitrary: objectSchema(child), weight: 3 },
    { arbitrary: listSchema(child), weight: 3 },
    { arbitrary: mapSchema(child), weight: 1 },
    { arbitrary: openSchema, weight: 1 },
    { arbitrary: looseSchema, weight: 1 },
    { arbitrary: embeddedSchema, weight: 1 },
  )
}

const anyJson: fc.Arbitrary<Json> = fc.constantFrom<Json>(null, 'z', 4, 1.5, true, [], {}, ['q'], { a: 1 }, [null])

const resources = fc.constantFrom<Json>(
  { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', labels: { x: 'y' } }, extra: { deep: [1] } },
  { apiVersion: 'v1', kind: 'Thing', metadata: { bogus: 1, name: 'b' } },
  { apiVersion: 'v1' },
  { apiVersion: 'v1', kind: 'Thing', metadata: { labels: { x: 1 } } },
  { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'Not_A_Name' } },
)

const asObject = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}

/** Values for a schema: right more often than not, sometimes of another type or with fields nobody knows. */
export function valueFor(schema: JsonObject): fc.Arbitrary<Json> {
  return fc.oneof({ arbitrary: fitting(schema), weight: 24 }, { arbitrary: anyJson, weight: 1 })
}

function fitting(schema: JsonObject): fc.Arbitrary<Json> {
  if (schema['x-kubernetes-embedded-resource'] === true) return resources
  if (schema['x-kubernetes-int-or-string'] === true) return fc.oneof(whole, text)
  switch (schema['type']) {
    case 'string':
      return text
    case 'integer':
      return whole
    case 'number':
      return fc.constantFrom(...numbers)
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(valueFor(asObject(schema['items'])), { maxLength: 4 })
    default:
      return objectOf(schema)
  }
}

function objectOf(schema: JsonObject): fc.Arbitrary<Json> {
  const { additionalProperties } = schema
  if (additionalProperties !== undefined)
    return fc.dictionary(fc.constantFrom('a', 'k/x.y', 'z'), valueFor(asObject(additionalProperties)), {
      maxKeys: 3,
      noNullPrototype: true,
    })
  const fields = Object.entries(asObject(schema['properties'])).map(
    ([name, child]) => [name, maybe(valueFor(asObject(child)))] as const,
  )
  return keywords({ ...Object.fromEntries(fields), unknown: maybeRare(anyJson) })
}
