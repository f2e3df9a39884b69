// Definitions, right and wrong, for comparisons with a real API server.
import type { Json, JsonObject } from '../../../../shared/api/json.ts'

export type Case = readonly [name: string, body: JsonObject]

const S = { type: 'string' }
const I = { type: 'integer' }
const O = (properties: Json, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const A = (items: Json, more: JsonObject = {}): JsonObject => ({ type: 'array', items, ...more })

function crd(spec: JsonObject, name = 'things.demo.io', metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, ...metadata },
    spec: { group: 'demo.io', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, ...spec },
  }
}

const version = (openAPIV3Schema: Json, more: JsonObject = {}): JsonObject => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema },
  ...more,
})
export const withSchema = (schema: Json, more: JsonObject = {}) => crd({ versions: [version(schema, more)] })
export const withSpec = (spec: Json, more: JsonObject = {}) =>
  withSchema({ type: 'object', properties: { spec } }, more)

const cases: Case[] = []
const add = (name: string, body: JsonObject) => void cases.push([name, body])
/** One field. */
const x = (name: string, schema: Json) => add(name, withSpec(O({ x: schema })))

const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
add('empty', { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'x' } })
add('empty spec', {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'x' },
  spec: {},
})
add('no names', crd({ names: {}, versions: [version(open)] }))
add('null names', crd({ names: null, versions: [version(open)] }))
add('no kind', crd({ names: { plural: 'things' }, versions: [version(open)] }))
add(
  'long plural',
  crd({ names: { plural: 'a'.repeat(64), kind: 'Thing' }, versions: [version(open)] }, `${'a'.repeat(64)}.demo.io`),
)
add('listKind same', crd({ names: { plural: 'things', kind: 'Thing', listKind: 'Thing' }, versions: [version(open)] }))
add('group one label', crd({ group: 'demo', versions: [version(open)] }, 'things.demo'))
add('group upper', crd({ group: 'Demo.io', versions: [version(open)] }, 'things.Demo.io'))
add('group empty', crd({ group: '', versions: [version(open)] }, 'things.'))
add(
  'approved bad',
  crd({ group: 'a.k8s.io', versions: [version(open)] }, 'things.a.k8s.io', {
    annotations: { 'api-approved.kubernetes.io': 'nonsense' },
  }),
)
add(
  'approved unapproved',
  crd({ group: 'a.k8s.io', versions: [version(open)] }, 'things.a.k8s.io', {
    annotations: { 'api-approved.kubernetes.io': 'unapproved, x' },
  }),
)
add('scope lower', crd({ scope: 'namespaced', versions: [version(open)] }))
add('preserveUnknownFields true', crd({ preserveUnknownFields: true, versions: [version(open)] }))
add('preserveUnknownFields false', crd({ preserveUnknownFields: false, versions: [version(open)] }))
add('conversion empty', crd({ conversion: {}, versions: [version(open)] }))
add('conversion bad', crd({ conversion: { strategy: 'Magic' }, versions: [version(open)] }))
add(
  'conversion none with webhook',
  crd({ conversion: { strategy: 'None', webhook: { conversionReviewVersions: ['v1'] } }, versions: [version(open)] }),
)
add(
  'versions three served none stored',
  crd({ versions: [version(open, { storage: false }), version(open, { name: 'v2', storage: false })] }),
)
add('served missing', crd({ versions: [{ name: 'v1', storage: true, schema: { openAPIV3Schema: open } }] }))
add('schema empty', crd({ versions: [{ name: 'v1', served: true, storage: true, schema: {} }] }))
add('schema null', crd({ versions: [{ name: 'v1', served: true, storage: true, schema: null }] }))
add('schema no type', withSchema({ properties: { spec: open } }))
add('schema type array', withSchema({ type: 'array', items: S }))
add('schema root pruf', withSchema({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }))
add('root nullable', withSchema({ type: 'object', nullable: true }))
add('root default', withSchema({ type: 'object', default: {} }))
add('metadata props', withSchema(O({ metadata: O({ name: { type: 'string', maxLength: 5 } }) })))
add('metadata extra', withSchema(O({ metadata: O({ labels: open }) })))
add('metadata min', withSchema(O({ metadata: O({ name: S }, { minProperties: 2 }) })))
add('metadata not object', withSchema(O({ metadata: S })))
add('apiVersion int', withSchema(O({ apiVersion: I, kind: I })))
add('kind enum', withSchema(O({ kind: { type: 'string', enum: ['Thing'] } })))
add('apiVersion default', withSchema(O({ apiVersion: { type: 'string', default: 'x' } })))
add(
  'two versions different',
  crd({
    versions: [version(O({ a: { type: 'foo' } })), version(O({ b: { type: 'bar' } }), { name: 'v2', storage: false })],
  }),
)
add(
  'two versions same bad',
  crd({
    versions: [version(O({ a: { type: 'foo' } })), version(O({ a: { type: 'foo' } }), { name: 'v2', storage: false })],
  }),
)
for (const t of ['', 'null', 'any', 'String']) x(`type ${t}`, { type: t })
x('no type', {})
x('no type description', { description: 'x' })
x('no type items', { type: 'array', items: {} })
x('no type addl', { type: 'object', additionalProperties: {} })
x('addl true', { type: 'object', additionalProperties: true })
x('addl false', { type: 'object', additionalProperties: false })
x('addl false props', O({ a: S }, { additionalProperties: false }))
x('addl true props', O({ a: S }, { additionalProperties: true }))
x('addl with props', O({ a: S }, { additionalProperties: S }))
x('addl empty props', O({}, { additionalProperties: S }))
x('array no items', { type: 'array' })
x('items array', { type: 'array', items: [S] })
x('items array two', { type: 'array', items: [S, I] })
x('array nullable item', A({ type: 'string', nullable: true }))
x('uniqueItems', A(S, { uniqueItems: true }))
x('ref', { $ref: '#/definitions/x' })
x('definitions', O({ a: S }, { definitions: { a: S } }))
x('dependencies', O({ a: S }, { dependencies: { a: ['b'] } }))
x('patternProperties', O({ a: S }, { patternProperties: { '^a': S } }))
x('additionalItems', A(S, { additionalItems: true }))
x('id', { type: 'string', id: 'x' })
x('schema kw', { type: 'string', $schema: 'x' })
x('example', { type: 'string', example: { a: 1 } })
x('externalDocs', { type: 'string', externalDocs: { url: 'http://x' } })
x('unknown keyword', { type: 'string', bogus: 1 })
x('pattern bad', { type: 'string', pattern: '(' })
x('pattern lookahead', { type: 'string', pattern: '(?=a)b' })
x('pattern backref', { type: 'string', pattern: '(a)\\1' })
x('pattern bad repeat', { type: 'string', pattern: '*a' })
x('pattern bad range', { type: 'string', pattern: '[z-a]' })
x('pattern on integer', { type: 'integer', pattern: 'a' })
x('minimum on string', { type: 'string', minimum: 1 })
x('enum empty', { type: 'string', enum: [] })
x('enum wrong type', { type: 'string', enum: [1, 'a', null] })
x('enum null nullable', { type: 'string', nullable: true, enum: ['a', null] })
x('format unknown', { type: 'string', format: 'foo' })
x('multipleOf 0', { type: 'integer', multipleOf: 0 })
x('multipleOf neg', { type: 'integer', multipleOf: -1 })
x('maxLength neg', { type: 'string', maxLength: -1 })
x('default int for string', { type: 'string', default: 1 })
x('default nested', O({ a: S }, { default: { a: 1 } }))
x('default unknown', O({ a: S }, { default: { a: 'x', b: 1 } }))
x('default required', O({ a: S }, { required: ['a'], default: {} }))
x('default pattern', { type: 'string', pattern: '^a', default: 'b' })
x('default enum', { type: 'string', enum: ['a'], default: 'b' })
x('default null', { type: 'string', default: null })
x('default null nullable', { type: 'string', nullable: true, default: null })
x('default array', A(S, { default: ['a', 1] }))
x('default set dup', A(S, { 'x-kubernetes-list-type': 'set', default: ['a', 'a'] }))
x(
  'default map dup',
  A(O({ k: S }, { required: ['k'] }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['k'],
    default: [{ k: 'a' }, { k: 'a' }],
  }),
)
x('default in anyOf', { type: 'string', anyOf: [{ default: 'a' }] })
x('default under addl', { type: 'object', additionalProperties: { type: 'string', default: 'a' } })
x('default under items', A({ type: 'string', default: 'a' }))
x('default under not', { type: 'string', not: { default: 'a' } })
x('default cel', O({ a: I }, { default: { a: 1 }, 'x-kubernetes-validations': [{ rule: 'self.a > 3' }] }))
x('default cel scalar', {
  type: 'integer',
  default: 1,
  'x-kubernetes-validations': [{ rule: 'self > 3', message: 'too small' }],
})
x('default nested partial', O({ a: { type: 'string', default: 'z' }, b: S }, { default: { b: 'x' } }))
x('default embedded', {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
  default: { apiVersion: 'v1', kind: 'X', metadata: { name: 'a' } },
})
x('default embedded bad', {
  type: 'object',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
  default: { foo: 'v1' },
})
x('default ios', { 'x-kubernetes-int-or-string': true, default: '5%' })
x('default max', { type: 'integer', maximum: 3, default: 5 })
x('embedded no props', { type: 'object', 'x-kubernetes-embedded-resource': true })
x('embedded props', O({ spec: open }, { 'x-kubernetes-embedded-resource': true }))
x('embedded no type', { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true })
x('embedded metadata', O({ metadata: O({ labels: open }) }, { 'x-kubernetes-embedded-resource': true }))
x('embedded string', {
  type: 'string',
  'x-kubernetes-embedded-resource': true,
  'x-kubernetes-preserve-unknown-fields': true,
})
x('embedded false', { type: 'object', 'x-kubernetes-embedded-resource': false })
x('pruf false', { type: 'object', 'x-kubernetes-preserve-unknown-fields': false })
x('pruf no type', { 'x-kubernetes-preserve-unknown-fields': true })
x('pruf string', { type: 'string', 'x-kubernetes-preserve-unknown-fields': true })
x('pruf array', { type: 'array', 'x-kubernetes-preserve-unknown-fields': true })
x('pruf props', O({ a: S }, { 'x-kubernetes-preserve-unknown-fields': true }))
x('ios', { 'x-kubernetes-int-or-string': true })
x('ios type', { type: 'string', 'x-kubernetes-int-or-string': true })
x('ios anyOf', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })
x('ios anyOf swapped', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'string' }, { type: 'integer' }] })
x('ios anyOf extra', {
  'x-kubernetes-int-or-string': true,
  anyOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }],
})
x('ios allOf', {
  'x-kubernetes-int-or-string': true,
  allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { pattern: 'a' }],
})
x('ios preserve', { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true })
x('anyOf type without ios', { anyOf: [{ type: 'integer' }, { type: 'string' }] })
x('anyOf props not in main', O({ a: S }, { anyOf: [{ properties: { b: { minLength: 1 } } }] }))
x('anyOf props in main', O({ a: S }, { anyOf: [{ properties: { a: { minLength: 1 } } }] }))
x('anyOf items not in main', { type: 'object', properties: { a: S }, anyOf: [{ items: { minLength: 1 } }] })
x('anyOf deep', O({ a: O({ b: S }) }, { oneOf: [{ properties: { a: { properties: { c: { minLength: 1 } } } } }] }))
x('anyOf addl', { type: 'object', additionalProperties: S, anyOf: [{ additionalProperties: { minLength: 1 } }] })
x('anyOf description', { type: 'string', anyOf: [{ description: 'a' }, { title: 'a' }] })
x('anyOf nullable', { type: 'string', anyOf: [{ nullable: true }] })
x('anyOf ext', {
  type: 'object',
  properties: { a: S },
  anyOf: [
    { 'x-kubernetes-preserve-unknown-fields': true },
    { 'x-kubernetes-embedded-resource': true },
    { 'x-kubernetes-int-or-string': true },
    { 'x-kubernetes-list-type': 'set' },
    { 'x-kubernetes-map-type': 'atomic' },
    { 'x-kubernetes-validations': [{ rule: 'true' }] },
  ],
})
x('anyOf empty', { type: 'string', anyOf: [] })
x('not required', O({ a: S }, { not: { required: ['a'] } }))
x('allOf nested', { type: 'string', allOf: [{ anyOf: [{ oneOf: [{ type: 'string' }] }] }] })
x('list set obj', A(O({ a: S }), { 'x-kubernetes-list-type': 'set' }))
x('list set obj atomic', A(O({ a: S }, { 'x-kubernetes-map-type': 'atomic' }), { 'x-kubernetes-list-type': 'set' }))
x('list set array', A(A(S), { 'x-kubernetes-list-type': 'set' }))
x('list set array set', A(A(S, { 'x-kubernetes-list-type': 'set' }), { 'x-kubernetes-list-type': 'set' }))
x('list set nullable', A({ type: 'string', nullable: true }, { 'x-kubernetes-list-type': 'set' }))
x('list map no keys', A(O({ a: S }), { 'x-kubernetes-list-type': 'map' }))
x('list map empty keys', A(O({ a: S }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [] }))
x('list map keys missing', A(O({ a: S }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['b'] }))
x('list map keys optional', A(O({ a: S }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] }))
x(
  'list map keys dup',
  A(O({ a: S }, { required: ['a'] }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a', 'a'] }),
)
x(
  'list map key object',
  A(O({ a: O({ b: S }) }, { required: ['a'] }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a'],
  }),
)
x(
  'list map key array',
  A(O({ a: A(S) }, { required: ['a'] }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] }),
)
x(
  'list map key nullable',
  A(O({ a: { type: 'string', nullable: true } }, { required: ['a'] }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a'],
  }),
)
x(
  'list map key ios',
  A(O({ a: { 'x-kubernetes-int-or-string': true } }, { required: ['a'] }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a'],
  }),
)
x('list map item string', A(S, { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] }))
x(
  'list map item nullable',
  A(O({ a: S }, { required: ['a'], nullable: true }), {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['a'],
  }),
)
x('list keys no map', A(O({ a: S }), { 'x-kubernetes-list-map-keys': ['a'] }))
x(
  'list keys set',
  A(O({ a: S }, { 'x-kubernetes-map-type': 'atomic' }), {
    'x-kubernetes-list-type': 'set',
    'x-kubernetes-list-map-keys': ['a'],
  }),
)
x('list type bad', A(S, { 'x-kubernetes-list-type': 'heap' }))
x('list type on object', O({ a: S }, { 'x-kubernetes-list-type': 'atomic' }))
x('list map no items', { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a'] })
x('map type bad', O({ a: S }, { 'x-kubernetes-map-type': 'x' }))
x('map type on string', { type: 'string', 'x-kubernetes-map-type': 'atomic' })
x('required twice', O({ a: S }, { required: ['a', 'a'] }))
x('required unknown', O({ a: S }, { required: ['b'] }))
x('prop bad name', O({ 'a b': S, '': S, 'a/b': S }))
x('nested forbidden deep', O({ a: A(O({ b: { type: 'array' } })) }))
const col = (c: Json) => withSchema(open, { additionalPrinterColumns: [c] })
add('column none', col({}))
add('column type', col({ name: 'a', type: 'foo', jsonPath: '.spec.x' }))
add('column path nodot', col({ name: 'a', type: 'string', jsonPath: 'spec.x' }))
add('column path bad', col({ name: 'a', type: 'string', jsonPath: '.spec[' }))
add('column path filter', col({ name: 'a', type: 'string', jsonPath: '.spec.x[?(@.a=="b")].c' }))
add('column path braces', col({ name: 'a', type: 'string', jsonPath: '{.spec.x}' }))
add('column format', col({ name: 'a', type: 'string', format: 'zzz', jsonPath: '.spec.x' }))
add('column prio', col({ name: 'a', type: 'integer', format: 'int32', priority: 1, jsonPath: '.spec.x' }))
const scale = (c: Json) => withSchema(open, { subresources: { scale: c } })
add('scale none', scale({}))
add('scale wrong under', scale({ specReplicasPath: '.status.r', statusReplicasPath: '.spec.r' }))
add(
  'scale not simple',
  scale({ specReplicasPath: '.spec.r[0]', statusReplicasPath: 'status.r', labelSelectorPath: '.metadata.x' }),
)
add('scale spec only', scale({ specReplicasPath: '.spec', statusReplicasPath: '.status' }))
add(
  'scale ok',
  scale({ specReplicasPath: '.spec.r', statusReplicasPath: '.status.r', labelSelectorPath: '.status.sel' }),
)
add('subresources empty', withSchema(open, { subresources: {} }))
add('status props', withSchema(open, { subresources: { status: { a: 1 } } }))
const sel = (
  f: Json,
  s: Json = O({
    spec: O({
      a: S,
      b: I,
      c: { type: 'boolean' },
      d: O({ e: S }),
      f: A(S),
      g: { type: 'number' },
      'h-i': S,
      s: { type: 'string', format: 'date' },
      en: { type: 'string', enum: ['a'] },
      p: open,
      m: { type: 'object', additionalProperties: S },
    }),
  }),
) => withSchema(s, { selectableFields: f })
for (const p of [
  '.spec.a',
  '.spec.b',
  '.spec.c',
  '.spec.d.e',
  '.spec.d',
  '.spec.f',
  '.spec.f[0]',
  '.spec.g',
  '.spec.h-i',
  '.spec.s',
  '.spec.en',
  '.spec.p.x',
  '.spec.m.x',
  '.spec.m["x"]',
  '.metadata.name',
  'spec.a',
  '.spec.z',
  '',
  '.spec.a.',
  '$.spec.a',
  '.spec.f[*]',
  '.status.x',
  '..a',
  '.spec["a"]',
  ".spec['a']",
])
  add(`selectable ${p}`, sel([{ jsonPath: p }]))
add('selectable dup', sel([{ jsonPath: '.spec.a' }, { jsonPath: '.spec.a' }]))
add('selectable many', sel(['a', 'b', 'c', 'd.e', 'h', 's', 'en', 'x', 'y'].map((f) => ({ jsonPath: `.spec.${f}` }))))
add('selectable pruf', sel([{ jsonPath: '.spec.a' }], open))
add('deprecated warning', withSchema(open, { deprecated: true, deprecationWarning: 'old' }))
add('deprecated warning not deprecated', withSchema(open, { deprecationWarning: 'old' }))
add('deprecated warning empty', withSchema(open, { deprecated: true, deprecationWarning: '' }))
add('deprecated warning long', withSchema(open, { deprecated: true, deprecationWarning: 'a'.repeat(300) }))
add('deprecated warning bad', withSchema(open, { deprecated: true, deprecationWarning: 'a\nb' }))
add('version name bad', withSchema(open, { name: 'v1.0' }))
add('version name upper', withSchema(open, { name: 'V1' }))
add('version name empty', withSchema(open, { name: '' }))
add('version name other', withSchema(open, { name: 'foo-1' }))
add(
  'short names',
  crd({
    names: { plural: 'things', kind: 'Thing', shortNames: ['A', 'ok', 'ok'], categories: ['B C'] },
    versions: [version(open)],
  }),
)
add('singular bad', crd({ names: { plural: 'things', kind: 'Thing', singular: 'Thing' }, versions: [version(open)] }))

export const definitions: readonly Case[] = cases
