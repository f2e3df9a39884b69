import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import type { Schema } from '../../../../shared/apiserver/schema/schema.ts'
import { type ApplyInput, applyServerSide, keepTimesWhenUnchanged } from '../../../../shared/apiserver/ssa/apply.ts'
import { defaultManager, trackUpdate } from '../../../../shared/apiserver/ssa/track-update.ts'

const schema: Schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        keyed: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' }, value: { type: 'string' } } },
        },
        atomic: { type: 'array', items: { type: 'string' } },
        wholes: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
      },
    },
    status: { type: 'object', properties: { phase: { type: 'string' } } },
  },
}
const kind = { kind: 'Widget', apiVersion: 'example.com/v1', schema, statusSubresource: true }
const moment = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`
const widget = (spec: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'w', namespace: 'n' },
  spec,
  ...more,
})

const applying = (live: KubeObject | undefined, spec: Record<string, unknown>, more: Partial<ApplyInput> = {}) =>
  applyServerSide({ ...kind, live, config: widget(spec), manager: 'm1', force: false, now: moment(1), ...more })

function applied(live: KubeObject | undefined, spec: Record<string, unknown>, more: Partial<ApplyInput> = {}) {
  const outcome = applying(live, spec, more)
  assert.equal(outcome.kind, 'applied', JSON.stringify(outcome))
  assert.ok(outcome.kind === 'applied')
  return outcome
}

const spec = (object: KubeObject) => object['spec'] as Record<string, unknown>
const ownersOf = (object: KubeObject) =>
  (object.metadata.managedFields ?? []).map((entry) => `${entry['manager']} ${entry['operation']}`)

test('the first apply creates the object and owns what it says', () => {
  const { object, changed } = applied(undefined, { size: 1, set: ['a'] })
  assert.equal(changed, true)
  assert.deepEqual(object.metadata.managedFields, [
    {
      manager: 'm1',
      operation: 'Apply',
      apiVersion: 'example.com/v1',
      time: moment(1),
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:set': { 'v:"a"': {} }, 'f:size': {} } },
    },
  ])
})

test('a second manager that says the same shares ownership; one that says otherwise is in conflict', () => {
  const first = applied(undefined, { size: 1 }).object
  const shared = applied(first, { size: 1 }, { manager: 'm2' })
  assert.deepEqual(ownersOf(shared.object), ['m2 Apply', 'm1 Apply'])
  const outcome = applying(first, { size: 2 }, { manager: 'm2' })
  assert.ok(outcome.kind === 'conflicts')
  assert.equal(outcome.message, 'Apply failed with 1 conflict: conflict with "m1": .spec.size')
  assert.deepEqual(
    outcome.conflicts.map(({ field, message }) => [field, message]),
    [['.spec.size', 'conflict with "m1"']],
  )
})

test('several conflicts are listed by owner', () => {
  const first = applied(undefined, { size: 1, keyed: [{ name: 'a', value: '1' }] }).object
  const outcome = applying(first, { size: 2, keyed: [{ name: 'a', value: '2' }] }, { manager: 'm2' })
  assert.ok(outcome.kind === 'conflicts')
  assert.equal(
    outcome.message,
    'Apply failed with 2 conflicts: conflicts with "m1":\n- .spec.size\n- .spec.keyed[name="a"].value',
  )
})

test('force takes the field from its owner', () => {
  const first = applied(undefined, { size: 1, set: ['a'] }).object
  const { object } = applied(first, { size: 2 }, { manager: 'm2', force: true })
  assert.equal(spec(object)['size'], 2)
  const again = applying(object, { size: 1, set: ['a'] })
  assert.ok(again.kind === 'conflicts', 'the first owner has lost it')
})

test('what a manager no longer says goes, unless somebody else owns it', () => {
  const first = applied(undefined, { size: 1, set: ['a', 'b'], keyed: [{ name: 'x', value: '1' }] }).object
  const both = applied(first, { set: ['b'] }, { manager: 'm2' }).object
  const { object } = applied(both, { size: 1 })
  assert.deepEqual(spec(object), { size: 1, set: ['b'] })
})

test('items of another manager keep their place', () => {
  const first = applied(undefined, { keyed: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }).object
  const { object } = applied(first, { keyed: [{ name: 'd' }, { name: 'b' }] }, { manager: 'm2' })
  assert.deepEqual(spec(object)['keyed'], [{ name: 'a' }, { name: 'd' }, { name: 'b' }, { name: 'c' }])
})

test('atomic lists and maps are replaced whole', () => {
  const first = applied(undefined, { atomic: ['a', 'b'], wholes: { a: '1' } }).object
  const { object } = applied(first, { atomic: ['c'], wholes: { b: '2' } })
  assert.deepEqual(spec(object), { atomic: ['c'], wholes: { b: '2' } })
})

test('an apply that changes nothing is no change, and keeps its time', () => {
  const first = applied(undefined, { size: 1 }).object
  const again = applied(first, { size: 1 }, { now: moment(9) })
  assert.equal(again.changed, false)
  assert.equal(again.object.metadata.managedFields?.[0]?.['time'], moment(1))
})

test('the main endpoint owns nothing of the status', () => {
  const config = widget({ size: 1 }, { status: { phase: 'Done' } })
  const { object } = applied(undefined, {}, { config })
  assert.deepEqual(object.metadata.managedFields?.[0]?.['fieldsV1'], { 'f:spec': { 'f:size': {} } })
})

test('fields written before the first apply belong to before-first-apply', () => {
  const live = widget({ size: 1 }) as KubeObject
  const outcome = applying(live, { size: 2 })
  assert.ok(outcome.kind === 'conflicts')
  assert.match(outcome.message, /conflict with "before-first-apply" using example.com\/v1: .spec.size/)
})

test('entries of a version that is gone are dropped', () => {
  const first = applied(undefined, { size: 1 }).object
  const { object } = applied(
    first,
    { size: 2 },
    { manager: 'm2', versionServed: (version) => version !== 'example.com/v1' },
  )
  assert.deepEqual(ownersOf(object), ['m2 Apply'])
})

test('a field that has become atomic is owned whole', () => {
  const granular: Schema = {
    ...schema,
    properties: {
      spec: { type: 'object', properties: { part: { type: 'object', additionalProperties: { type: 'string' } } } },
    },
  }
  const atomic: Schema = {
    ...schema,
    properties: {
      spec: {
        type: 'object',
        properties: {
          part: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
        },
      },
    },
  }
  const first = applied(undefined, { part: { a: '1' } }, { schema: granular }).object
  const { object } = applied(first, { part: { a: '1' } }, { schema: atomic, manager: 'm2' })
  const fields = object.metadata.managedFields?.map((entry) => entry['fieldsV1'])
  assert.deepEqual(fields, [{ 'f:spec': { 'f:part': {} } }, { 'f:spec': { 'f:part': {} } }])
})

for (const [what, config, message] of [
  ['another kind', { ...widget({}), kind: 'Gadget' }, 'invalid object type: example.com/v1, Kind=Gadget'],
  ['another version', { ...widget({}), apiVersion: 'v1' }, 'invalid object type: /v1, Kind=Widget'],
  ['managed fields', { ...widget({}), metadata: { managedFields: [] } }, 'metadata.managedFields must be nil'],
  ['an unknown field', widget({ bogus: 1 }), /: \.spec\.bogus: field not declared in schema$/],
  ['a list for a map', { ...widget({}), spec: [] }, /\.spec: expected map, got &\{\[\]\}/],
  [
    'an item twice',
    widget({ keyed: [{ name: 'a' }, { name: 'a' }] }),
    /\.spec\.keyed: duplicate entries for key \[name="a"\]/,
  ],
  [
    'an item without its key',
    widget({ keyed: [{ value: 'x' }] }),
    /element 0: associative list with keys has an element that omits all key fields/,
  ],
  ['a list', [], /not an object/],
] as const) {
  test(`a configuration with ${what} is refused`, () => {
    assert.throws(() => applying(undefined, {}, { config }), { name: 'InvalidInputError', code: 400, message })
  })
}

test('without a schema maps are taken apart and lists are whole', () => {
  const first = applied(undefined, { map: { a: 1 }, list: [1] }, { schema: undefined }).object
  const { object } = applied(first, { map: { b: 2 } }, { schema: undefined, manager: 'm2' })
  assert.deepEqual(spec(object), { map: { a: 1, b: 2 }, list: [1] })
})

test('an update owns what it changed and takes it from others', () => {
  const first = applied(undefined, { size: 1, set: ['a'] }).object
  const next = { ...first, spec: { size: 2, set: ['a'] } }
  const object = trackUpdate({ ...kind, old: first, next, manager: 'editor', now: moment(2) })
  assert.deepEqual(ownersOf(object), ['m1 Apply', 'editor Update'])
  assert.deepEqual(
    object.metadata.managedFields?.map((entry) => entry['fieldsV1']),
    [{ 'f:spec': { 'f:set': { 'v:"a"': {} } } }, { 'f:spec': { 'f:size': {} } }],
  )
})

test('an object whose owners were reset stays untracked until it is applied', () => {
  const first = applied(undefined, { size: 1 }).object
  const reset = { ...first, metadata: { ...first.metadata, managedFields: [{}] } }
  const object = trackUpdate({ ...kind, old: first, next: reset, manager: 'editor', now: moment(2) })
  assert.equal(object.metadata.managedFields, undefined)
})

test('an update that leaves managed fields out keeps them', () => {
  const first = applied(undefined, { size: 1 }).object
  const { managedFields: _, ...metadata } = first.metadata
  const object = trackUpdate({ ...kind, old: first, next: { ...first, metadata }, manager: 'editor', now: moment(2) })
  assert.deepEqual(object.metadata.managedFields, first.metadata.managedFields)
})

test('items without names leave an object without owners rather than without an answer', () => {
  const next = widget({ keyed: [{ value: 'x' }] }) as KubeObject
  const object = trackUpdate({ ...kind, next, manager: 'editor', now: moment(2) })
  assert.equal(object.metadata.managedFields, undefined)
  assert.deepEqual(object['spec'], next['spec'])
})

test('times alone make no write', () => {
  const first = applied(undefined, { size: 1 }).object
  const later = {
    ...first,
    metadata: {
      ...first.metadata,
      managedFields: first.metadata.managedFields?.map((entry) => ({ ...entry, time: moment(5) })) ?? [],
    },
  }
  assert.deepEqual(keepTimesWhenUnchanged(first, later, schema), first)
})

test('the manager of a request without one comes from its User-Agent', () => {
  assert.equal(defaultManager('kubectl/v1.36 (linux/amd64)'), 'kubectl')
  assert.equal(defaultManager(undefined), '')
  assert.equal(defaultManager('x'.repeat(200)).length, 128)
})
