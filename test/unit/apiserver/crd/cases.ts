// CustomResourceDefinitions, right and wrong; a real API server's answers are in recorded.generated.json.
import type { Json, JsonObject } from '../../../../shared/api/json.ts'

export interface CrdCase {
  readonly name: string
  readonly crd: JsonObject
}

const string = { type: 'string' }

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

const withSchema = (schema: Json, more: JsonObject = {}) => crd({ versions: [version(schema, more)] })
const withSpec = (spec: Json, more: JsonObject = {}) => withSchema({ type: 'object', properties: { spec } }, more)
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

export const crdCases: readonly CrdCase[] = [
  { name: 'minimal', crd: withSchema(open) },
  { name: 'wrong name', crd: crd({ versions: [version(open)] }, 'other.demo.io') },
  { name: 'protected group', crd: crd({ group: 'a.k8s.io', versions: [version(open)] }, 'things.a.k8s.io') },
  {
    name: 'approved group',
    crd: crd({ group: 'a.k8s.io', versions: [version(open)] }, 'things.a.k8s.io', {
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/kubernetes/pull/1' },
    }),
  },
  { name: 'no versions', crd: crd({ versions: [] }) },
  { name: 'no storage version', crd: crd({ versions: [version(open, { storage: false })] }) },
  { name: 'two storage versions', crd: crd({ versions: [version(open), version(open, { name: 'v2' })] }) },
  { name: 'same version twice', crd: crd({ versions: [version(open), version(open, { storage: false })] }) },
  { name: 'no schema', crd: crd({ versions: [{ name: 'v1', served: true, storage: true }] }) },
  { name: 'bad version name', crd: crd({ versions: [version(open, { name: 'V_1' })] }) },
  { name: 'bad scope', crd: crd({ scope: 'Everywhere', versions: [version(open)] }) },
  { name: 'no scope', crd: crd({ scope: null, versions: [version(open)] }) },
  { name: 'bad kind', crd: crd({ names: { plural: 'things', kind: 'thing-y' }, versions: [version(open)] }) },
  {
    name: 'bad plural',
    crd: crd({ names: { plural: 'Things', kind: 'Thing' }, versions: [version(open)] }, 'Things.demo.io'),
  },
  {
    name: 'bad short name',
    crd: crd({
      names: { plural: 'things', kind: 'Thing', shortNames: ['T_'], categories: ['A!'] },
      versions: [version(open)],
    }),
  },
  { name: 'no names', crd: crd({ names: {}, versions: [version(open)] }) },
  {
    name: 'list kind equals kind',
    crd: crd({ names: { plural: 'things', kind: 'Thing', listKind: 'Thing' }, versions: [version(open)] }),
  },
  { name: 'preserveUnknownFields', crd: crd({ preserveUnknownFields: true, versions: [version(open)] }) },
  {
    name: 'webhook conversion without a webhook',
    crd: crd({ conversion: { strategy: 'Webhook' }, versions: [version(open)] }),
  },
  { name: 'root without type', crd: withSchema({ properties: { spec: string } }) },
  { name: 'root not object', crd: withSchema({ type: 'string' }) },
  { name: 'field without type', crd: withSpec({ type: 'object', properties: { a: {} } }) },
  { name: 'unknown type', crd: withSpec({ type: 'text' }) },
  { name: 'array without items', crd: withSpec({ type: 'array' }) },
  { name: 'list of items', crd: withSpec({ type: 'array', items: [string] }) },
  {
    name: 'properties and additionalProperties',
    crd: withSpec({ type: 'object', properties: { a: string }, additionalProperties: string }),
  },
  { name: 'additionalProperties false', crd: withSpec({ type: 'object', additionalProperties: false }) },
  { name: 'uniqueItems', crd: withSpec({ type: 'array', items: string, uniqueItems: true }) },
  { name: '$ref', crd: withSpec({ type: 'object', $ref: '#/definitions/a' }) },
  { name: 'definitions', crd: withSpec({ type: 'object', definitions: { a: string } }) },
  { name: 'patternProperties', crd: withSpec({ type: 'object', patternProperties: { a: string } }) },
  {
    name: 'type in anyOf',
    crd: withSpec({ type: 'object', properties: { a: { type: 'integer', anyOf: [{ type: 'integer' }] } } }),
  },
  { name: 'description in not', crd: withSpec({ type: 'object', not: { description: 'x' } }) },
  {
    name: 'property in anyOf unknown outside',
    crd: withSpec({ type: 'object', properties: { a: string }, anyOf: [{ properties: { b: { minLength: 1 } } }] }),
  },
  { name: 'bad pattern', crd: withSpec({ type: 'string', pattern: '(' }) },
  {
    name: 'default of the wrong type',
    crd: withSpec({ type: 'object', properties: { a: { type: 'integer', default: 'x' } } }),
  },
  {
    name: 'default against the bounds',
    crd: withSpec({ type: 'object', properties: { a: { type: 'integer', minimum: 5, default: 1 } } }),
  },
  {
    name: 'default with unknown fields',
    crd: withSpec({
      type: 'object',
      properties: { a: { type: 'object', properties: { b: string }, default: { c: 1 } } },
    }),
  },
  {
    name: 'int-or-string with type',
    crd: withSpec({ type: 'object', properties: { a: { type: 'string', 'x-kubernetes-int-or-string': true } } }),
  },
  {
    name: 'int-or-string with anyOf',
    crd: withSpec({
      type: 'object',
      properties: { a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } },
    }),
  },
  { name: 'bad list type', crd: withSpec({ type: 'array', items: string, 'x-kubernetes-list-type': 'bag' }) },
  {
    name: 'map list without keys',
    crd: withSpec({
      type: 'array',
      items: { type: 'object', properties: { a: string } },
      'x-kubernetes-list-type': 'map',
    }),
  },
  {
    name: 'map list with unknown key',
    crd: withSpec({
      type: 'array',
      items: { type: 'object', properties: { a: string }, required: ['a'] },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['b'],
    }),
  },
  {
    name: 'map list with optional key',
    crd: withSpec({
      type: 'array',
      items: { type: 'object', properties: { a: string } },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['a'],
    }),
  },
  {
    name: 'set of objects',
    crd: withSpec({
      type: 'array',
      items: { type: 'object', properties: { a: string } },
      'x-kubernetes-list-type': 'set',
    }),
  },
  {
    name: 'bad map type',
    crd: withSpec({ type: 'object', additionalProperties: string, 'x-kubernetes-map-type': 'fine' }),
  },
  { name: 'embedded not object', crd: withSpec({ type: 'string', 'x-kubernetes-embedded-resource': true }) },
  { name: 'embedded without fields', crd: withSpec({ type: 'object', 'x-kubernetes-embedded-resource': true }) },
  { name: 'preserve false', crd: withSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }) },
  {
    name: 'metadata restricted',
    crd: withSchema({
      type: 'object',
      properties: { metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } } },
    }),
  },
  {
    name: 'metadata restricted elsewhere',
    crd: withSchema({
      type: 'object',
      properties: {
        metadata: { type: 'object', properties: { labels: { type: 'object', additionalProperties: string } } },
      },
    }),
  },
  {
    name: 'cel syntax',
    crd: withSpec({ type: 'object', properties: { a: string }, 'x-kubernetes-validations': [{ rule: 'self.a ==' }] }),
  },
  {
    name: 'cel unknown field',
    crd: withSpec({
      type: 'object',
      properties: { a: string },
      'x-kubernetes-validations': [{ rule: "self.b == 'x'" }],
    }),
  },
  {
    name: 'cel not bool',
    crd: withSpec({ type: 'object', properties: { a: string }, 'x-kubernetes-validations': [{ rule: 'self.a' }] }),
  },
  {
    name: 'cel unknown function',
    crd: withSpec({
      type: 'object',
      properties: { a: string },
      'x-kubernetes-validations': [{ rule: 'self.a.frobnicate()' }],
    }),
  },
  {
    name: 'cel types',
    crd: withSpec({ type: 'object', properties: { a: string }, 'x-kubernetes-validations': [{ rule: 'self.a > 3' }] }),
  },
  {
    name: 'cel empty rule',
    crd: withSpec({ type: 'object', properties: { a: string }, 'x-kubernetes-validations': [{ rule: '' }] }),
  },
  {
    name: 'cel message with line break',
    crd: withSpec({
      type: 'object',
      properties: { a: string },
      'x-kubernetes-validations': [{ rule: 'true', message: 'a\nb' }],
    }),
  },
  {
    name: 'cel bad reason',
    crd: withSpec({
      type: 'object',
      properties: { a: string },
      'x-kubernetes-validations': [{ rule: 'true', reason: 'Because' }],
    }),
  },
  {
    name: 'cel bad field path',
    crd: withSpec({
      type: 'object',
      properties: { a: string },
      'x-kubernetes-validations': [{ rule: 'true', fieldPath: '.zz' }],
    }),
  },
  {
    name: 'cel bad message expression',
    crd: withSpec({
      type: 'object',
      properties: { a: string },
      'x-kubernetes-validations': [{ rule: 'true', messageExpression: '1 + 1' }],
    }),
  },
  {
    name: 'cel transition under atomic list',
    crd: withSpec({
      type: 'array',
      maxItems: 3,
      items: { type: 'string', maxLength: 3, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
    }),
  },
  {
    name: 'cel too costly',
    crd: withSpec({
      type: 'array',
      items: { type: 'array', items: { type: 'array', items: string } },
      'x-kubernetes-validations': [{ rule: 'self.all(x, x.all(y, y.all(z, z.matches("a.*b"))))' }],
    }),
  },
  {
    name: 'columns',
    crd: withSchema(open, {
      additionalPrinterColumns: [
        { name: 'A', type: 'string', jsonPath: '.spec.a' },
        { name: '', type: 'text', jsonPath: 'spec' },
      ],
    }),
  },
  {
    name: 'scale',
    crd: withSpec(
      { type: 'object', properties: { replicas: { type: 'integer' } } },
      { subresources: { scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } } },
    ),
  },
  {
    name: 'bad scale',
    crd: withSchema(open, {
      subresources: {
        scale: {
          specReplicasPath: '.metadata.replicas',
          statusReplicasPath: 'status.replicas',
          labelSelectorPath: '.spec.a',
        },
      },
    }),
  },
  {
    name: 'selectable fields',
    crd: withSpec({ type: 'object', properties: { a: string } }, { selectableFields: [{ jsonPath: '.spec.a' }] }),
  },
  {
    name: 'bad selectable fields',
    crd: withSpec(
      { type: 'object', properties: { a: string, o: open } },
      { selectableFields: [{ jsonPath: '.spec.zz' }, { jsonPath: '.metadata.name' }, { jsonPath: '.spec.o' }] },
    ),
  },
  { name: 'deprecation warning without deprecated', crd: withSchema(open, { deprecationWarning: 'old' }) },
]
