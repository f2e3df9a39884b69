// Properties of patches, server-side apply and the protobuf decoder that hold for every object.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPatch } from 'rfc6902'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { applyJsonPatch } from '../../shared/apiserver/patch/json-patch.ts'
import { sameJson } from '../../shared/apiserver/patch/json-value.ts'
import { applyMergePatch } from '../../shared/apiserver/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../shared/apiserver/patch/strategic-merge.ts'
import { decodeProtobuf } from '../../shared/apiserver/protobuf/decode.ts'
import type { Schema } from '../../shared/apiserver/schema/schema.ts'
import { parseFieldSelector } from '../../shared/apiserver/selector/field.ts'
import { parseLabelSelector } from '../../shared/apiserver/selector/label.ts'
import { applyServerSide } from '../../shared/apiserver/ssa/apply.ts'
import { decodeFieldSet, encodeFieldSet } from '../../shared/apiserver/ssa/field-set.ts'
import { trackUpdate } from '../../shared/apiserver/ssa/track-update.ts'
import { InvalidInputError } from '../../shared/errors.ts'
import { encodeBody } from '../unit/apiserver/protobuf/encode.ts'

const key = fc.constantFrom('a', 'b', 'c', '__proto__x', 'toString', 'x/y~z')
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom('', 'a', 'b'),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(key, tie('json'), { maxKeys: 3 }),
  ),
}))
const document = fc.dictionary(key, json, { maxKeys: 4 })

/** What a caller may answer with 4xx; everything else is a fault of ours. */
function refusedOr<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

test('a JSON patch made from two documents turns one into the other', () => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      assert.ok(sameJson(applyJsonPatch(from, createPatch(from, to)), to))
    }),
  )
})

test('whatever is sent as a patch is applied or refused, and the original stays as it is', () => {
  const operation = fc.record(
    {
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path: fc
        .array(fc.constantFrom('a', 'b', '0', '-', '__proto__', '01'), { maxLength: 3 })
        .map((steps) => steps.map((step) => `/${step}`).join('')),
      from: fc.constantFrom('/a', '/b/0', ''),
      value: json,
    },
    { requiredKeys: ['op', 'path'] },
  )
  fc.assert(
    fc.property(document, fc.oneof(json, fc.array(operation, { maxLength: 5 })), (original, patch) => {
      const before = JSON.stringify(original)
      for (const apply of [
        applyJsonPatch,
        applyMergePatch,
        (a: unknown, b: unknown) => applyStrategicMergePatch({}, a, b),
      ]) {
        refusedOr(() => apply(original, patch))
      }
      assert.equal(JSON.stringify(original), before)
    }),
  )
})

test('a merge patch says the last word: applying it twice is applying it once', () => {
  fc.assert(
    fc.property(document, document, (original, patch) => {
      const once = applyMergePatch(original, patch)
      assert.deepEqual(applyMergePatch(once, patch), once)
    }),
  )
})

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        keyed: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'integer' } } },
        },
        map: { type: 'object', additionalProperties: { type: 'integer' } },
        list: { type: 'array', items: { type: 'integer' } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
}
const letter = fc.constantFrom('a', 'b', 'c')
const small = fc.integer({ min: 0, max: 2 })
const spec = fc.record(
  {
    set: fc.uniqueArray(letter),
    keyed: fc.uniqueArray(fc.record({ name: letter, value: small }, { requiredKeys: ['name'] }), {
      selector: ({ name }) => name,
    }),
    map: fc.dictionary(letter, small),
    list: fc.array(small, { maxLength: 2 }),
    free: fc.dictionary(letter, json, { maxKeys: 2 }),
  },
  { requiredKeys: [] },
)
const widget = (content: unknown) => ({ apiVersion: 'v1', kind: 'Widget', metadata: { name: 'w' }, spec: content })
const request = { schema, apiVersion: 'v1', kind: 'Widget', now: '2026-01-01T00:00:00Z' }

function applied(live: KubeObject | undefined, content: unknown, manager: string): KubeObject {
  const outcome = applyServerSide({ ...request, live, config: widget(content), manager, force: true })
  assert.ok(outcome.kind === 'applied')
  return outcome.object
}

test('applying the same again changes nothing', () => {
  fc.assert(
    fc.property(spec, spec, (first, second) => {
      const live = applied(applied(undefined, first, 'm1'), second, 'm2')
      const outcome = applyServerSide({ ...request, live, config: widget(second), manager: 'm2', force: false })
      assert.ok(outcome.kind === 'applied')
      assert.equal(outcome.changed, false)
    }),
  )
})

test('a manager that takes back all it said leaves no owner behind', () => {
  fc.assert(
    fc.property(spec, spec, (first, second) => {
      const born = applied(undefined, first, 'm1')
      // An empty list of keyed items has no owner, and what has none before the first apply goes to `before-first-apply`.
      fc.pre(born.metadata.managedFields !== undefined)
      const live = applied(born, second, 'm2')
      const left = applied(applied(live, undefined, 'm2'), undefined, 'm1')
      const owned = (left.metadata.managedFields ?? []).map((entry) => JSON.stringify(entry['fieldsV1']))
      assert.deepEqual(
        owned.filter((fields) => fields !== '{"f:spec":{}}'),
        [],
      )
    }),
  )
})

test('owners survive being written and read', () => {
  fc.assert(
    fc.property(spec, (content) => {
      const [entry] = applied(undefined, content, 'm').metadata.managedFields ?? []
      const fields = entry?.['fieldsV1'] ?? {}
      assert.deepEqual(encodeFieldSet(decodeFieldSet(fields)), fields)
    }),
  )
})

test('an update never throws for the data of an object', () => {
  fc.assert(
    fc.property(document, document, (before, after) => {
      const old = widget(before) as unknown as KubeObject
      const object = trackUpdate({ ...request, old, next: widget(after) as unknown as KubeObject, manager: 'm' })
      assert.ok(sameJson(object['spec'], after))
    }),
  )
})

test('a ConfigMap or Secret comes out of protobuf as it went in', () => {
  const text = fc.string({ unit: 'binary', maxLength: 5 }).filter((value) => value.isWellFormed())
  const labels = fc.dictionary(
    text.filter((value) => value !== ''),
    text,
    { minKeys: 1, maxKeys: 3 },
  )
  const configMap = fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('ConfigMap'),
    metadata: fc.record({ name: text.filter((value) => value !== ''), labels }),
    data: labels,
    immutable: fc.boolean(),
  })
  fc.assert(
    fc.property(configMap, (object) => {
      assert.ok(sameJson(decodeProtobuf(encodeBody(object))?.object, object))
    }),
  )
})

test('any bytes are decoded, refused or left to the caller', () => {
  const head = fc.constantFrom(
    encodeBody({ apiVersion: 'v1', kind: 'Pod' }, []),
    Uint8Array.from([0x6b, 0x38, 0x73, 0]),
  )
  const pod = fc.uint8Array({ maxLength: 60 }).map((raw) => encodeBody({ apiVersion: 'v1', kind: 'Pod' }, [...raw]))
  const loose = fc
    .tuple(head, fc.uint8Array({ maxLength: 60 }))
    .map(([first, rest]) => Uint8Array.from([...first, ...rest]))
  fc.assert(fc.property(fc.oneof(pod, loose), (bytes) => void refusedOr(() => decodeProtobuf(bytes))))
})

test('any text is a selector or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('a', ',', '!', '=', '(', ')', ' in ', ' notin ', '>', '\\', '.'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(text, (selector) => {
      refusedOr(() => parseLabelSelector(selector).matches({ a: '1' }))
      refusedOr(() => parseFieldSelector(selector).matches({}))
    }),
  )
})
