import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { decodeProtobuf } from '../../../../shared/apiserver/protobuf/decode.ts'
import { InvalidInputError } from '../../../../shared/errors.ts'
import { bytesField, encodeBody, encodeMessage } from './encode.ts'

const Recorded = z.array(z.object({ command: z.string(), body: z.string(), object: z.record(z.string(), z.unknown()) }))
/** What kubectl 1.36 sent for each command, and what the same command prints as JSON (without its empty status). */
const recorded = Recorded.parse(
  JSON.parse(readFileSync(new URL('./kubectl-bodies.json', import.meta.url), 'utf8')) as unknown,
)

for (const { command, body, object } of recorded) {
  test(`decodes what ${command} sends`, () => {
    assert.deepEqual(decodeProtobuf(Buffer.from(body, 'base64'))?.object, object)
  })
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const lease = (spec: Record<string, unknown>) => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', spec })

test('times are RFC 3339, with microseconds where the type has them', () => {
  const at = { seconds: 1_767_225_600, nanos: 123_456_000 }
  const body = encodeBody({ ...lease({ acquireTime: at, leaseTransitions: 0 }), metadata: { deletionTimestamp: at } })
  assert.deepEqual(decodeProtobuf(body)?.object, {
    ...lease({ acquireTime: '2026-01-01T00:00:00.123456Z', leaseTransitions: 0 }),
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
  })
})

test('a time outside the years 1 to 9999 is refused', () => {
  const body = encodeBody(lease({ renewTime: { seconds: 1e14, nanos: 0 } }))
  assert.throws(() => decodeProtobuf(body), /time 100000000000000 s is outside/)
})

test('an unset creation time and an empty status are left out, an empty spec stays', () => {
  const body = encodeBody({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'n', creationTimestamp: {}, generation: 0, generateName: '' },
    spec: {},
    status: {},
  })
  assert.deepEqual(decodeProtobuf(body)?.object, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'n' },
    spec: {},
  })
})

test('an optional false is kept, one that is always written is not', () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, immutable: false, type: '' }
  assert.deepEqual(decodeProtobuf(encodeBody(secret))?.object, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    immutable: false,
  })
})

test('delete options are understood under the version of the object they are about', () => {
  const raw = encodeMessage(`${meta}.DeleteOptions`, { propagationPolicy: 'Foreground', preconditions: { uid: 'u' } })
  const body = encodeBody({ apiVersion: 'apps/v1', kind: 'DeleteOptions' }, raw)
  assert.deepEqual(decodeProtobuf(body), {
    apiVersion: 'apps/v1',
    kind: 'DeleteOptions',
    object: {
      apiVersion: 'apps/v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Foreground',
      preconditions: { uid: 'u' },
    },
  })
})

test('a schema in a definition comes out as JSON', () => {
  const json = (value: unknown) => bytesField(1, new TextEncoder().encode(JSON.stringify(value)))
  const props = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
  // default (8) and enum (20) hold JSON text, additionalProperties (30) a schema or a bool.
  const schema = [
    ...encodeMessage(props, { type: 'object' }),
    ...bytesField(8, json({ a: [1] })),
    ...bytesField(20, json('x')),
    ...bytesField(30, bytesField(2, encodeMessage(props, { type: 'string' }))),
  ]
  const version = [...bytesField(1, new TextEncoder().encode('v1')), ...bytesField(4, bytesField(1, schema))]
  const raw = bytesField(2, bytesField(7, version))
  const decoded = decodeProtobuf(
    encodeBody({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' }, raw),
  )
  const spec = decoded?.object['spec'] as { versions: { schema: { openAPIV3Schema: unknown } }[] }
  assert.deepEqual(spec.versions[0]?.schema.openAPIV3Schema, {
    type: 'object',
    default: { a: [1] },
    enum: ['x'],
    additionalProperties: { type: 'string' },
  })
})

test('a kind without a table is left to the caller', () => {
  assert.equal(decodeProtobuf(encodeBody({ apiVersion: 'example.com/v1', kind: 'Widget' }, [])), undefined)
  assert.equal(decodeProtobuf(encodeBody({ apiVersion: '__proto__', kind: 'x' }, [])), undefined)
})

test('keys that JavaScript finds special are ordinary keys', () => {
  const data = Object.fromEntries([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  const decoded = decodeProtobuf(encodeBody({ apiVersion: 'v1', kind: 'ConfigMap', data }))
  assert.deepEqual(Object.entries(decoded?.object['data'] ?? {}), Object.entries(data))
})

for (const [what, bytes] of [
  ['no magic number', Uint8Array.from([1, 2, 3, 4])],
  ['nothing', new Uint8Array()],
  ['a length beyond the end', Uint8Array.from([0x6b, 0x38, 0x73, 0, 0x0a, 0x7f, 1])],
  ['a number that does not end', Uint8Array.from([0x6b, 0x38, 0x73, 0, ...new Array<number>(20).fill(0xff)])],
  [
    'text that is not UTF-8',
    encodeBody({ apiVersion: 'v1', kind: 'ConfigMap' }, bytesField(1, bytesField(1, [0xff, 0xfe]))),
  ],
  ['a text where an object belongs', encodeBody({ apiVersion: 'v1', kind: 'ConfigMap' }, [0x08, 0x01])],
] as const) {
  test(`refuses ${what}`, () => {
    assert.throws(() => decodeProtobuf(bytes), InvalidInputError)
  })
}
