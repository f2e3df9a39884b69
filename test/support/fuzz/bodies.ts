// Bodies for the fuzzer: an object that fits a kind's schema, changed in a few places, written in one of the forms a
// client may send, and sometimes damaged as text.
import { gzipSync } from 'node:zlib'
import fc, { type GeneratorValue } from 'fast-check'
import { stringify } from 'yaml'
import type { ServedKind } from '../../../shared/apiserver/kind.ts'
import type { Schema } from '../../../shared/apiserver/schema/schema.ts'
import { encodeBody } from '../../unit/apiserver/protobuf/encode.ts'
import { pick } from './pick.ts'

type Tree = { [key: string]: unknown } | unknown[]

/** What programs stumble over. */
export const oddTexts = [
  '',
  ' ',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '..',
  '.',
  '/',
  '%2e%2e',
  '%00',
  '\u0000',
  '\ud800',
  'é😀',
  'a'.repeat(300),
  '🦄'.repeat(100),
  '{{ .x }}',
  '$(a)',
  '*',
  '-1',
  '1e999',
  'null',
  'true',
  '2020-13-45T99:99:99Z',
  'a,b=c,(d',
  '\r\nx: y',
  '(a+)+$',
  '[',
  'k8s.io/x',
]

const oddNumbers = [0, -0, -1, 1.5, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, -(2 ** 63), 2 ** 64, 1e308, 5e-324]
const oddKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  '',
  '.',
  'f:x',
  'a/b',
  '~1',
  '$patch',
  '$retainKeys',
]

function oddValue(g: GeneratorValue): unknown {
  switch (g(fc.integer, { min: 0, max: 6 })) {
    case 0:
      return pick(g, oddTexts)
    case 1:
      return pick(g, oddNumbers)
    case 2:
      return pick(g, [null, true, false])
    case 3:
      return []
    case 4:
      return withKey({}, pick(g, oddKeys), pick(g, [{}, 1, { polluted: true }]))
    case 5:
      return nested(pick(g, [3, 40, 300]))
    default:
      return [[1], { a: [null] }, 'x']
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < depth; level += 1) value = level % 2 ? { a: value } : [value]
  return value
}

/** An own property also where assigning would set the prototype. */
function withKey<T extends object>(target: T, key: string, value: unknown): T {
  return Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

/** An object most of which a server of this kind takes. */
export function sampleObject(g: GeneratorValue, kind: ServedKind, name: string): Record<string, unknown> {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...fields } = kind.schema?.properties ?? {}
  const apiVersion = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
  return {
    apiVersion,
    kind: kind.kind,
    metadata: { name, labels: { [pick(g, ['a', 'app', 'x.io/y'])]: pick(g, ['b', 'c', '']) } },
    ...sampleFields(g, fields, kind.schema?.required ?? [], 0),
  }
}

/** Schemas may refer to themselves. */
const maxDepth = 6

function sampleFields(
  g: GeneratorValue,
  fields: Readonly<Record<string, Schema>>,
  required: readonly string[],
  depth: number,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(fields)) {
    const wanted = required.includes(key) || g(fc.integer, { min: 0, max: 2 + depth * 2 }) === 0
    if (wanted) result[key] = sampleValue(g, schema, depth + 1)
  }
  return result
}

function sampleValue(g: GeneratorValue, schema: Schema, depth: number): unknown {
  if (schema.enum && schema.enum.length > 0) return pick(g, [...schema.enum])
  switch (schema.type) {
    case 'object':
      return sampleMap(g, schema, depth)
    case 'array':
      return sampleItems(g, schema, depth)
    case 'integer':
      return g(fc.integer, { min: Math.max(0, schema.minimum ?? 0), max: Math.min(100, schema.maximum ?? 100) })
    case 'number':
      return pick(g, [0, 0.5, 3])
    case 'boolean':
      return g(fc.boolean)
    case 'string':
      return sampleText(g, schema)
    default:
      return pick(g, [1, '80', '25%'])
  }
}

function sampleMap(g: GeneratorValue, schema: Schema, depth: number): unknown {
  if (depth > maxDepth) return {}
  if (schema.properties) return sampleFields(g, schema.properties, schema.required ?? [], depth)
  const { additionalProperties: each } = schema
  return { [pick(g, ['a', 'b.c', 'cpu'])]: sampleValue(g, typeof each === 'object' ? each : {}, depth + 1) }
}

function sampleItems(g: GeneratorValue, { minItems = 0, items = {} }: Schema, depth: number): unknown[] {
  const count = depth > maxDepth ? 0 : g(fc.integer, { min: minItems, max: Math.max(2, minItems) })
  return Array.from({ length: count }, () => sampleValue(g, items, depth + 1))
}

function sampleText(g: GeneratorValue, { format }: Schema): string {
  if (format === 'date-time') return '2026-01-02T03:04:05Z'
  if (format === 'byte') return 'aGVsbG8='
  if (format === 'quantity') return pick(g, ['1', '100m', '1Gi'])
  return pick(g, ['a', 'web', 'v1', '100m', 'apps', 'Always', 'x.io'])
}

/** Changes an object at random places: other values, strange keys, items twice. Never touches prototypes itself. */
export function damagedObject(
  g: GeneratorValue,
  object: Record<string, unknown>,
  times: number,
): Record<string, unknown> {
  const copy = structuredClone(object)
  for (let turn = 0; turn < times; turn += 1) {
    const places = placesOf(copy)
    const place = places[g(fc.nat, { max: Math.max(0, places.length - 1) })]
    if (place) damage(g, place.parent, place.key)
  }
  return copy
}

function damage(g: GeneratorValue, parent: Tree, key: string): void {
  switch (g(fc.integer, { min: 0, max: 3 })) {
    case 0:
      withKey(parent, key, oddValue(g))
      return
    case 1:
      Reflect.deleteProperty(parent, key)
      return
    case 2:
      if (Array.isArray(parent)) parent.push(parent[0])
      else withKey(parent, pick(g, oddKeys), oddValue(g))
      return
    default:
      withKey(parent, key, [Reflect.get(parent, key)])
  }
}

function placesOf(root: unknown): { parent: Tree; key: string }[] {
  const places: { parent: Tree; key: string }[] = []
  const waiting: unknown[] = [root]
  for (let node = waiting.pop(); node !== undefined && places.length < 500; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue
    for (const key of Object.keys(node)) {
      places.push({ parent: node as Tree, key })
      waiting.push(Reflect.get(node, key))
    }
  }
  return places
}

export interface EncodedBody {
  readonly type: string
  readonly bytes: Uint8Array
  readonly encoding?: string
}

/** The object as JSON, YAML or protobuf, now and then with bytes changed, cut off, zipped, or said to be something else. */
export function encodedBody(g: GeneratorValue, object: Record<string, unknown>): EncodedBody {
  const form = pick(g, ['json', 'json', 'json', 'yaml', 'protobuf'])
  const body = written(form, object)
  switch (g(fc.integer, { min: 0, max: 19 })) {
    case 0:
      return { ...body, bytes: withByte(g, body.bytes) }
    case 1:
      return { ...body, bytes: body.bytes.subarray(0, g(fc.nat, { max: body.bytes.length })) }
    case 2:
      return { ...body, bytes: gzipSync(body.bytes), encoding: 'gzip' }
    case 3:
      return {
        ...body,
        type: pick(g, ['', 'text/plain', 'application/cbor', 'application/json; charset=latin1', ...types]),
      }
    default:
      return body
  }
}

const types = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

function written(form: 'json' | 'yaml' | 'protobuf', object: Record<string, unknown>): EncodedBody {
  if (form === 'yaml') return { type: 'application/yaml', bytes: Buffer.from(stringify(object)) }
  if (form === 'protobuf') return { type: 'application/vnd.kubernetes.protobuf', bytes: protobufOr(object) }
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(object)) }
}

/** What no protobuf client could say goes out as JSON under the protobuf type. */
function protobufOr(object: Record<string, unknown>): Uint8Array {
  try {
    return encodeBody(object)
  } catch {
    return Buffer.from(JSON.stringify(object))
  }
}

function withByte(g: GeneratorValue, bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const at = g(fc.nat, { max: Math.max(0, copy.length - 1) })
  copy[at] = pick(g, [0, 0x22, 0x2c, 0x5c, 0x7b, 0x80, 0xc3, 0xff])
  return copy
}
