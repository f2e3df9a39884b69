// Schemas of `spec`, objects that break them, and updates: each is answered by a real API server in recorded.generated.json.
// Record again with: node test/support/record-schema-cases.ts
import type { JsonObject } from '../../../../shared/api/json.ts'

export interface SchemaCase {
  readonly name: string
  /** Schema of `spec`. */
  readonly schema: JsonObject
  readonly spec: JsonObject
  /** Stored before under `loose` (default: the same schema), then updated to `spec`. */
  readonly old?: JsonObject
  /** The schema at the time `old` was stored, for ratcheting. */
  readonly loose?: JsonObject
}

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const field = (schema: JsonObject): JsonObject => object({ x: schema })
const string = { type: 'string' }
const integer = { type: 'integer' }
const preserve = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

function formatCase(format: string, good: string, bad: string): SchemaCase[] {
  return [
    { name: `format ${format} right`, schema: field({ type: 'string', format }), spec: { x: good } },
    { name: `format ${format} wrong`, schema: field({ type: 'string', format }), spec: { x: bad } },
  ]
}

const validation: readonly SchemaCase[] = [
  { name: 'string for integer', schema: field(integer), spec: { x: 'a' } },
  { name: 'float for integer', schema: field(integer), spec: { x: 1.5 } },
  { name: 'whole float for integer', schema: field(integer), spec: { x: 2.0 } },
  { name: 'integer for string', schema: field(string), spec: { x: 7 } },
  { name: 'integer for number', schema: field({ type: 'number' }), spec: { x: 7 } },
  { name: 'boolean for string', schema: field(string), spec: { x: true } },
  { name: 'object for string', schema: field(string), spec: { x: { a: 1 } } },
  { name: 'array for object', schema: field(object({ a: string })), spec: { x: [1] } },
  { name: 'string for array', schema: field({ type: 'array', items: string }), spec: { x: 'a' } },
  { name: 'wrong item', schema: field({ type: 'array', items: integer }), spec: { x: [1, 'a', 2, 'b'] } },
  { name: 'required', schema: object({ x: string, y: string }, { required: ['x', 'y'] }), spec: {} },
  { name: 'required deep', schema: field(object({ y: string }, { required: ['y'] })), spec: { x: {} } },
  { name: 'minimum', schema: field({ type: 'integer', minimum: 0 }), spec: { x: -1 } },
  { name: 'exclusive minimum', schema: field({ type: 'integer', minimum: 0, exclusiveMinimum: true }), spec: { x: 0 } },
  { name: 'maximum', schema: field({ type: 'integer', maximum: 5 }), spec: { x: 6 } },
  { name: 'exclusive maximum', schema: field({ type: 'number', maximum: 5, exclusiveMaximum: true }), spec: { x: 5 } },
  { name: 'maximum float', schema: field({ type: 'number', maximum: 0.5 }), spec: { x: 0.75 } },
  { name: 'multiple', schema: field({ type: 'integer', multipleOf: 3 }), spec: { x: 7 } },
  { name: 'multiple float', schema: field({ type: 'number', multipleOf: 0.1 }), spec: { x: 0.35 } },
  { name: 'short', schema: field({ type: 'string', minLength: 3 }), spec: { x: 'ab' } },
  { name: 'long', schema: field({ type: 'string', maxLength: 3 }), spec: { x: 'abcd' } },
  { name: 'long in code points is fine', schema: field({ type: 'string', maxLength: 3 }), spec: { x: '😀😀😀' } },
  { name: 'pattern', schema: field({ type: 'string', pattern: '^[a-z]+$' }), spec: { x: 'A1' } },
  { name: 'pattern unanchored', schema: field({ type: 'string', pattern: '[0-9]{2}' }), spec: { x: 'ab12cd' } },
  { name: 'enum', schema: field({ type: 'string', enum: ['a', 'b'] }), spec: { x: 'c' } },
  { name: 'enum integer', schema: field({ type: 'integer', enum: [1, 2] }), spec: { x: 3 } },
  { name: 'few items', schema: field({ type: 'array', items: integer, minItems: 2 }), spec: { x: [1] } },
  { name: 'many items', schema: field({ type: 'array', items: integer, maxItems: 2 }), spec: { x: [1, 2, 3] } },
  {
    name: 'few properties',
    schema: field({ type: 'object', additionalProperties: integer, minProperties: 2 }),
    spec: { x: { a: 1 } },
  },
  {
    name: 'many properties',
    schema: field({ type: 'object', additionalProperties: integer, maxProperties: 1 }),
    spec: { x: { a: 1, b: 2 } },
  },
  {
    name: 'additional properties of a wrong type',
    schema: field({ type: 'object', additionalProperties: integer }),
    spec: { x: { 'a/b.c': 'no', ok: 1 } },
  },
  {
    name: 'set with duplicates',
    schema: field({ type: 'array', items: string, 'x-kubernetes-list-type': 'set', maxItems: 9 }),
    spec: { x: ['a', 'b', 'a', 'a'] },
  },
  {
    name: 'map list with duplicates',
    schema: field({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'port'],
      items: object({ name: string, port: { type: 'integer', default: 80 } }, { required: ['name'] }),
    }),
    spec: { x: [{ name: 'a' }, { name: 'b' }, { name: 'a', port: 80 }] },
  },
  { name: 'int-or-string wrong', schema: field({ 'x-kubernetes-int-or-string': true }), spec: { x: 1.5 } },
  {
    name: 'int-or-string right',
    schema: object({ x: { 'x-kubernetes-int-or-string': true }, y: { 'x-kubernetes-int-or-string': true } }),
    spec: { x: 1, y: '1' },
  },
  {
    name: 'int-or-string pattern',
    schema: field({
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      pattern: '^[0-9]+%$',
    }),
    spec: { x: 'a' },
  },
  {
    name: 'nullable',
    schema: object({ x: { type: 'string', nullable: true }, y: string }),
    spec: { x: null, y: null },
  },
  { name: 'null item', schema: field({ type: 'array', items: string }), spec: { x: ['a', null] } },
  { name: 'null with default', schema: field({ type: 'string', default: 'd' }), spec: { x: null } },
  {
    name: 'null in map',
    schema: field({ type: 'object', additionalProperties: string }),
    spec: { x: { a: null, b: 'c' } },
  },
  {
    name: 'anyOf',
    schema: field({ type: 'integer', anyOf: [{ minimum: 10 }, { maximum: 2 }] }),
    spec: { x: 5 },
  },
  {
    name: 'oneOf none',
    schema: field({
      type: 'object',
      properties: { a: string, b: string },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    }),
    spec: { x: {} },
  },
  {
    name: 'oneOf both',
    schema: field({
      type: 'object',
      properties: { a: string, b: string },
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
    }),
    spec: { x: { a: '1', b: '2' } },
  },
  { name: 'allOf', schema: field({ type: 'integer', allOf: [{ minimum: 10 }, { multipleOf: 4 }] }), spec: { x: 5 } },
  { name: 'not', schema: field({ type: 'string', not: { enum: ['a'] } }), spec: { x: 'a' } },
  { name: 'unknown fields', schema: field(object({ a: string })), spec: { x: { a: '1', b: 2 }, c: { d: 1 } } },
  {
    name: 'preserved unknown fields',
    schema: field({ ...preserve, properties: { a: object({ k: string }) } }),
    spec: { x: { a: { k: 'v', l: 1 }, b: { c: [1] } } },
  },
  {
    name: 'defaults',
    schema: object({
      a: { type: 'integer', default: 3 },
      b: object({ c: { type: 'string', default: 'x' }, d: string }, { default: {} }),
      e: object({ f: { type: 'string', default: 'y' } }),
      g: { type: 'array', items: object({ h: { type: 'boolean', default: true } }) },
    }),
    spec: { g: [{}, { h: false }] },
  },
  {
    name: 'embedded resource',
    schema: field({
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      properties: { spec: object({ a: string }) },
    }),
    spec: {
      x: { apiVersion: 'v1', kind: 'Foo', metadata: { name: 'a', labels: { l: 'v' } }, spec: { a: 'b', z: 1 }, q: 1 },
    },
  },
  {
    name: 'embedded resource without kind',
    schema: field({
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    }),
    spec: { x: { metadata: { name: 'Wrong Name' } } },
  },
  {
    name: 'several faults',
    schema: object({
      a: { type: 'integer', minimum: 5, multipleOf: 3 },
      b: { type: 'string', minLength: 9, pattern: '^z' },
    }),
    spec: { a: 1, b: 'q' },
  },
  ...formatCase('date-time', '2024-01-02T03:04:05Z', 'yesterday'),
  ...formatCase('date', '2024-01-02', '2024-13-02'),
  ...formatCase('duration', '1h30m', 'soon'),
  ...formatCase('uuid', '7e57d004-2b97-0e7a-b45f-5387367791cd', 'nope'),
  ...formatCase('ipv4', '10.0.0.1', '10.0.0.256'),
  ...formatCase('ipv6', '::1', '10.0.0.1'),
  ...formatCase('cidr', '10.0.0.0/8', '10.0.0.0'),
  ...formatCase('email', 'a@b.io', 'nobody'),
  ...formatCase('hostname', 'a.b', '-a-'),
  ...formatCase('uri', 'https://a.b/c', 'no uri'),
  ...formatCase('byte', 'aGk=', '***'),
  ...formatCase('mac', '01:02:03:04:05:06', '01:02'),
  ...formatCase('k8s-short-name', 'abc', 'A_b'),
  ...formatCase('k8s-long-name', 'a.b', 'A_b'),
  ...formatCase('made-up', 'x', 'y'),
  { name: 'format int32', schema: field({ type: 'integer', format: 'int32' }), spec: { x: 3000000000 } },
  { name: 'format int64', schema: field({ type: 'integer', format: 'int64' }), spec: { x: 3000000000 } },
]

const celRules: readonly (readonly [name: string, schema: JsonObject, spec: JsonObject, old?: JsonObject])[] = [
  [
    'cel plain',
    object({ a: integer, b: integer }, { 'x-kubernetes-validations': [{ rule: 'self.a <= self.b' }] }),
    { a: 2, b: 1 },
  ],
  [
    'cel message',
    object({ a: integer }, { 'x-kubernetes-validations': [{ rule: 'self.a > 3', message: 'too small' }] }),
    { a: 2 },
  ],
  [
    'cel message expression',
    object(
      { a: integer },
      { 'x-kubernetes-validations': [{ rule: 'self.a > 3', messageExpression: 'self.a == 2 ? "two" : "other"' }] },
    ),
    { a: 2 },
  ],
  [
    'cel reason and path',
    object(
      { a: integer },
      {
        'x-kubernetes-validations': [
          { rule: 'self.a > 3', reason: 'FieldValueForbidden', fieldPath: '.a', message: 'no' },
        ],
      },
    ),
    { a: 2 },
  ],
  [
    'cel on a scalar',
    field({ type: 'string', maxLength: 9, 'x-kubernetes-validations': [{ rule: "self.startsWith('a')" }] }),
    { x: 'b' },
  ],
  [
    'cel transition',
    field({ type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'immutable' }] }),
    { x: 'b' },
    { x: 'a' },
  ],
  [
    'cel transition at create',
    field({ type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'immutable' }] }),
    { x: 'b' },
  ],
  [
    'cel optional old self',
    field({
      type: 'string',
      'x-kubernetes-validations': [{ rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true }],
    }),
    { x: 'b' },
  ],
  [
    'cel in map list',
    field({
      type: 'array',
      maxItems: 5,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: object(
        { name: { type: 'string', maxLength: 9 }, v: integer },
        { required: ['name'], 'x-kubernetes-validations': [{ rule: 'self.v >= oldSelf.v', message: 'only up' }] },
      ),
    }),
    {
      x: [
        { name: 'b', v: 1 },
        { name: 'a', v: 5 },
        { name: 'c', v: 0 },
      ],
    },
    {
      x: [
        { name: 'a', v: 6 },
        { name: 'b', v: 1 },
      ],
    },
  ],
  ['cel on absent field', object({ a: integer }, { 'x-kubernetes-validations': [{ rule: 'self.a > 3' }] }), {}],
  [
    'cel has',
    object({ a: integer, b: integer }, { 'x-kubernetes-validations': [{ rule: 'has(self.a) || has(self.b)' }] }),
    {},
  ],
  [
    'cel escaped names',
    object(
      { namespace: string, 'a-b': integer },
      { 'x-kubernetes-validations': [{ rule: "self.__namespace__ == 'x' && self.a__dash__b > 2" }] },
    ),
    { namespace: 'x', 'a-b': 1 },
  ],
  [
    'cel double',
    object({ a: { type: 'number' } }, { 'x-kubernetes-validations': [{ rule: 'self.a > 0.5' }] }),
    { a: 0 },
  ],
  [
    'cel whole double',
    object({ a: { type: 'number' } }, { 'x-kubernetes-validations': [{ rule: 'self.a == 1.0' }] }),
    { a: 1 },
  ],
  [
    'cel date-time',
    object(
      { a: { type: 'string', format: 'date-time' } },
      { 'x-kubernetes-validations': [{ rule: "self.a > timestamp('2024-01-01T00:00:00Z')" }] },
    ),
    { a: '2023-01-01T00:00:00Z' },
  ],
  [
    'cel duration',
    object(
      { a: { type: 'string', format: 'duration' } },
      { 'x-kubernetes-validations': [{ rule: "self.a < duration('1h')" }] },
    ),
    { a: '90m' },
  ],
  [
    'cel int-or-string',
    field({
      'x-kubernetes-int-or-string': true,
      'x-kubernetes-validations': [{ rule: 'type(self) == int ? self < 5 : self == "5%"' }],
    }),
    { x: 7 },
  ],
  [
    'cel map list order',
    field({
      type: 'array',
      maxItems: 4,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', maxLength: 4 },
      'x-kubernetes-validations': [{ rule: 'self == oldSelf' }],
    }),
    { x: ['b', 'a'] },
    { x: ['a', 'b'] },
  ],
  [
    'cel all',
    field({
      type: 'array',
      maxItems: 4,
      items: { type: 'string', maxLength: 4 },
      'x-kubernetes-validations': [{ rule: "self.all(s, s.matches('^[a-z]+$'))" }],
    }),
    { x: ['a', 'B'] },
  ],
  [
    'cel map keys',
    field({
      type: 'object',
      maxProperties: 4,
      additionalProperties: { type: 'string', maxLength: 4 },
      'x-kubernetes-validations': [{ rule: "self.all(k, k.startsWith('a') && self[k] != '')" }],
    }),
    { x: { ab: 'c', b: 'd' } },
  ],
  ['cel root', field(string), { x: 'a' }],
  [
    'cel lists',
    field({
      type: 'array',
      maxItems: 4,
      items: integer,
      'x-kubernetes-validations': [{ rule: 'self.isSorted() && self.sum() < 10 && self.max() < 7' }],
    }),
    { x: [1, 2, 8] },
  ],
  [
    'cel quantity',
    field({
      type: 'string',
      maxLength: 9,
      'x-kubernetes-validations': [{ rule: "isQuantity(self) && quantity(self).isLessThan(quantity('1Gi'))" }],
    }),
    { x: '2Gi' },
  ],
  [
    'cel url',
    field({
      type: 'string',
      maxLength: 60,
      'x-kubernetes-validations': [{ rule: "isURL(self) && url(self).getScheme() == 'https'" }],
    }),
    { x: 'http://a.b' },
  ],
  [
    'cel ip',
    field({
      type: 'string',
      maxLength: 60,
      'x-kubernetes-validations': [
        { rule: "isIP(self) && ip(self).family() == 4 && cidr('10.0.0.0/8').containsIP(self)" },
      ],
    }),
    { x: '11.0.0.1' },
  ],
  [
    'cel find',
    field({ type: 'string', maxLength: 60, 'x-kubernetes-validations': [{ rule: "self.find('[0-9]+') == '12'" }] }),
    { x: 'ab34' },
  ],
  [
    'cel division by zero',
    object({ a: integer }, { 'x-kubernetes-validations': [{ rule: '10 / self.a > 1' }] }),
    { a: 0 },
  ],
  [
    'cel unset value by default',
    object({ a: { type: 'integer', default: 9 } }, { 'x-kubernetes-validations': [{ rule: 'self.a < 5' }] }),
    {},
  ],
  [
    'cel after schema fault',
    object({ a: integer }, { 'x-kubernetes-validations': [{ rule: 'self.a < 5' }] }),
    { a: 'x' },
  ],
  [
    'cel nested exists',
    object(
      {
        c: {
          type: 'array',
          maxItems: 4,
          items: object({ t: { type: 'string', maxLength: 5 }, s: { type: 'string', maxLength: 5 } }),
        },
      },
      { 'x-kubernetes-validations': [{ rule: "self.c.exists(c, c.t == 'R' && c.s == 'T')" }] },
    ),
    { c: [{ t: 'R', s: 'F' }] },
  ],
  [
    'cel optional',
    object({ a: object({ b: integer }) }, { 'x-kubernetes-validations': [{ rule: 'self.?a.?b.orValue(0) > 1' }] }),
    {},
  ],
  [
    'cel two variables',
    field({
      type: 'object',
      maxProperties: 4,
      additionalProperties: { type: 'string', maxLength: 4 },
      'x-kubernetes-validations': [{ rule: 'self.all(k, v, k != v)' }],
    }),
    { x: { a: 'a' } },
  ],
  [
    'cel sets',
    field({
      type: 'array',
      maxItems: 4,
      items: { type: 'string', maxLength: 4 },
      'x-kubernetes-validations': [{ rule: "sets.contains(['a', 'b'], self)" }],
    }),
    { x: ['c'] },
  ],
  [
    'cel replace and split',
    field({
      type: 'string',
      maxLength: 20,
      'x-kubernetes-validations': [
        { rule: "self.replace('a', 'b').split('-').size() == 2 && self.lowerAscii() == self" },
      ],
    }),
    { x: 'a-b-c' },
  ],
]

const ratchet: readonly SchemaCase[] = [
  {
    name: 'ratchet unchanged value',
    loose: object({ a: string, b: string }),
    schema: object({ a: { type: 'string', maxLength: 2 }, b: string }),
    old: { a: 'long', b: '1' },
    spec: { a: 'long', b: '2' },
  },
  {
    name: 'ratchet changed value',
    loose: object({ a: string, b: string }),
    schema: object({ a: { type: 'string', maxLength: 2 }, b: string }),
    old: { a: 'long', b: '1' },
    spec: { a: 'longer', b: '1' },
  },
  {
    name: 'ratchet required of an unchanged object',
    loose: object({ a: object({ k: string, l: string }), b: string }),
    schema: object({ a: object({ k: string, l: string }, { required: ['l'] }), b: string }),
    old: { a: { k: '1' }, b: '1' },
    spec: { a: { k: '1' }, b: '2' },
  },
  {
    name: 'ratchet required of a changed object',
    loose: object({ a: object({ k: string, l: string }) }),
    schema: object({ a: object({ k: string, l: string }, { required: ['l'] }) }),
    old: { a: { k: '1' } },
    spec: { a: { k: '2' } },
  },
  {
    name: 'ratchet map list item',
    loose: field({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['n'],
      items: object({ n: string, v: integer }, { required: ['n'] }),
    }),
    schema: field({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['n'],
      items: object({ n: string, v: { type: 'integer', maximum: 5 } }, { required: ['n'] }),
    }),
    old: { x: [{ n: 'a', v: 9 }] },
    spec: {
      x: [
        { n: 'b', v: 1 },
        { n: 'a', v: 9 },
        { n: 'c', v: 9 },
      ],
    },
  },
  {
    name: 'ratchet atomic list',
    loose: field({ type: 'array', items: integer }),
    schema: field({ type: 'array', items: { type: 'integer', maximum: 5 } }),
    old: { x: [9] },
    spec: { x: [9, 1] },
  },
  {
    name: 'ratchet duplicates of a set',
    loose: field({ type: 'array', items: string }),
    schema: field({ type: 'array', items: string, 'x-kubernetes-list-type': 'set' }),
    old: { x: ['a', 'a'] },
    spec: { x: ['a', 'a', 'b'] },
  },
  {
    name: 'ratchet cel',
    loose: object({ a: integer, b: object({ c: integer }) }),
    schema: object({ a: integer, b: object({ c: integer }, { 'x-kubernetes-validations': [{ rule: 'self.c < 5' }] }) }),
    old: { a: 1, b: { c: 9 } },
    spec: { a: 2, b: { c: 9 } },
  },
]

export const schemaCases: readonly SchemaCase[] = [
  ...validation,
  ...celRules.map(([name, schema, spec, old]) => ({ name, schema, spec, ...(old && { old }) })),
  ...ratchet,
]
