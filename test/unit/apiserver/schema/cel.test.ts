import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Json, JsonObject } from '../../../../shared/api/json.ts'
import { exhaustedText } from '../../../../shared/apiserver/schema/cel/budget.ts'
import { checkRules } from '../../../../shared/apiserver/schema/cel/check-rules.ts'
import { celName } from '../../../../shared/apiserver/schema/cel/names.ts'
import { processObject } from '../../../../shared/apiserver/schema/process.ts'
import type { Schema, ValidationRule } from '../../../../shared/apiserver/schema/schema.ts'

const string: Schema = { type: 'string' }
const integer: Schema = { type: 'integer' }

function rooted(spec: Schema, ...rules: readonly (string | ValidationRule)[]): Schema {
  const validations = rules.map((rule) => (typeof rule === 'string' ? { rule } : rule))
  return { type: 'object', properties: { spec: { ...spec, 'x-kubernetes-validations': validations } } }
}

function verdicts(schema: Schema, spec: Json, old?: Json): readonly string[] {
  assert.deepEqual(checkRules(schema, 'schema', []), [])
  return verdictsOfStored(schema, spec, old)
}

/** Of rules that were stored before their cost was weighed. */
function verdictsOfStored(schema: Schema, spec: Json, old?: Json): readonly string[] {
  return processObject(schema, { spec }, { old: old === undefined ? undefined : { spec: old } }).errors.map(
    ({ field, message }) => `${field}: ${message}`,
  )
}

const holds = (schema: Schema, spec: Json) => assert.deepEqual(verdicts(schema, spec), [])

describe('functions rules may call', () => {
  const any: Schema = {
    type: 'object',
    properties: {
      a: string,
      n: integer,
      l: { type: 'array', items: integer, maxItems: 9 },
      s: { type: 'array', items: { ...string, maxLength: 9 }, maxItems: 9 },
      m: { type: 'object', additionalProperties: integer, maxProperties: 9 },
      d: { type: 'number' },
    },
  }
  const value: JsonObject = {
    a: 'Hello World 12 34',
    n: 7,
    l: [3, 1, 2],
    s: ['b', 'a', 'c'],
    m: { x: 1, y: 2 },
    d: 1.5,
  }
  const rules = [
    'self.n + 1 == 8 && self.n / 2 == 3 && self.n % 4 == 3',
    'self.d * 2.0 == 3.0',
    'double(self.n) == 7.0 && int(self.d) == 1',
    "self.a.matches('^Hello') && !self.a.matches('^ello')",
    "matches(self.a, 'W[a-z]+d')",
    "self.a.contains('World') && self.a.endsWith('34')",
    "self.a.find('[0-9]+') == '12' && self.a.findAll('[0-9]+') == ['12', '34']",
    "self.a.findAll('[0-9]+', 1) == ['12'] && self.a.find('z') == ''",
    "self.a.split(' ').size() == 4 && self.a.split(' ', 2) == ['Hello', 'World 12 34']",
    "self.a.replace('l', 'L') == 'HeLLo WorLd 12 34' && self.a.replace('l', '', 1).startsWith('Helo')",
    "self.a.lowerAscii().indexOf('world') == 6 && self.a.lastIndexOf(' ') == 14",
    "self.a.substring(6, 11) == 'World' && self.a.charAt(0) == 'H'",
    "'  x '.trim() == 'x' && self.s.join('-') == 'b-a-c' && self.s.join() == 'bac'",
    "'%s has %d of %.2f'.format([self.a.substring(0, 5), self.n, self.d]) == 'Hello has 7 of 1.50'",
    'self.l.sum() == 6 && self.l.max() == 3 && self.l.min() == 1 && !self.l.isSorted()',
    'self.l.indexOf(1) == 1 && self.l.lastIndexOf(9) == -1 && size(self.l) == 3',
    "self.s.exists(x, x == 'a') && self.s.exists_one(x, x > 'b') && self.s.all(x, size(x) == 1)",
    'self.l.map(x, x * 2) == [6, 2, 4] && self.l.filter(x, x > 1) == [3, 2]',
    "'x' in self.m && self.m['y'] == 2 && self.m.all(k, self.m[k] > 0)",
    "self.m.all(k, v, k != '' && v > 0) && self.m.exists(k, v, v == 2) && self.l.all(i, v, i >= 0 && v > 0)",
    'self.l.transformList(i, v, v + i) == [3, 2, 4] && self.l.transformList(i, v, i > 0, v) == [1, 2]',
    "self.m.transformMap(k, v, v * 10)['y'] == 20",
    "sets.contains([1, 2, 3], self.l) && sets.equivalent(self.s, ['a', 'b', 'c']) && sets.intersects(self.l, [9, 1])",
    "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('0.5')) == quantity('1')",
    "isQuantity('20Mi') && !isQuantity('20Mx') && quantity('2k').asInteger() == 2000 && sign(quantity('-1')) == -1",
    "url('https://u@a.b:80/c/d?q=1').getHost() == 'a.b:80' && url('/x').getScheme() == '' && !isURL('no url')",
    "url('https://[::1]:80/c?q=1&q=2').getHostname() == '::1' && url('https://a/c?q=1&q=2').getQuery()['q'] == ['1', '2']",
    "ip('::1').isLoopback() && ip('10.0.0.1').family() == 4 && ip('8.8.8.8').isGlobalUnicast() && !isIP('10.0.0.256')",
    "cidr('10.0.0.0/8').containsIP('10.9.9.9') && cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
    "timestamp('2024-01-02T03:04:05Z').getFullYear() == 2024 && duration('90m') > duration('1h')",
    'type(self.n) == int && type(self.a) == string && dyn(self.n) == 7',
    'self.?zz.hasValue() == false',
    'optional.of(3).optMap(x, x + 1).orValue(0) == 4 && optional.none().orValue(1) == 1',
    "semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && semver('v1.2', true).minor() == 2 && !isSemver('1.2')",
    "semver('1.0.0-2').isLessThan(semver('1.0.0-10')) && semver('1.0.0+a') == semver('1.0.0+b')",
    "format.named('nope').hasValue() == false && format.dns1123Label().validate('a-b').hasValue() == false",
    "format.dns1035Label().validate('1a').value().size() == 1 && !format.dns1123LabelPrefix().validate('a-').hasValue()",
    "ip.isCanonical('::1') && !ip.isCanonical('0:0:0:0:0:0:0:1') && strings.quote('a\"') == '\"a\\\\\"\"'",
    'self.l.sort() == [1, 2, 3] && self.l.reverse() == [2, 1, 3] && self.l.slice(1, 3) == [1, 2]',
    '[1, 2, 1].distinct() == [1, 2] && [[1], [2, 3]].flatten() == [1, 2, 3] && lists.range(3) == [0, 1, 2]',
    'self.l.first().value() == 3 && self.l.last().value() == 2',
    'has(self.a) && !has(self.m.z) && (self.n > 100 ? false : true)',
  ]
  for (const rule of rules) {
    const known = rule.includes('zz') ? { ...any, properties: { ...any.properties, zz: string } } : any
    test(rule, () => holds(rooted(known, rule), value))
  }
})

describe('what cannot work is refused when the definition is made', () => {
  const cases: readonly (readonly [rule: string, words: RegExp])[] = [
    ['self.a.isCanonical()', /compilation failed/],
    ['cel.bind(x, 1, x == 1)', /undeclared/],
    ['[1, "a"].size() == 2', /expected type/],
    ['self.a.matches("(")', /invalid matches/],
    ['self.b', /No such key: b|undefined field/],
    ['self.a', /must evaluate to a bool/],
    ['self.a + 1 == 2', /no such overload/],
    ['undeclared == 1', /undeclared/],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, /compilation failed/],
    ['self.a.matches("x") == true || true ? 1 : 2', /must evaluate to a bool/],
  ]
  for (const [rule, words] of cases) {
    test(rule.slice(0, 60), () => {
      const [error] = checkRules(rooted({ type: 'object', properties: { a: string } }, rule), 'schema', [])
      assert.ok(error, 'accepted')
      assert.equal(error.field, 'schema.properties[spec].x-kubernetes-validations[0].rule')
      assert.match(error.message, words)
    })
  }
})

describe('an expression that costs too much is stopped', () => {
  const numbers: Schema = { type: 'array', items: integer }
  const long = Array.from({ length: 3000 }, (_, index) => index)
  const bombs: readonly (readonly [name: string, schema: Schema, value: Json])[] = [
    ['nested loops', rooted(numbers, 'self.all(a, self.all(b, self.all(c, a + b + c >= 0)))'), long],
    [
      'nested loops whose errors are swallowed',
      rooted(numbers, 'self.exists(a, self.all(b, self.exists(c, a / 0 == c)))'),
      long,
    ],
    ['doubling lists', rooted(numbers, doubling('self', 24)), long],
    ['doubling texts', rooted(string, doubling('self', 28)), 'x'.repeat(1000)],
    ['multiplying replacements', rooted(string, `self${".replace('a', 'aaaaaaaaaa')".repeat(30)} == ''`), 'aaaa'],
    [
      'joining',
      rooted({ type: 'array', items: string }, `self.join(self.join('${'y'.repeat(100)}')) == ''`),
      Array.from({ length: 5000 }, () => 'z'.repeat(50)),
    ],
  ]
  for (const [name, schema, value] of bombs) {
    test(name, () => {
      const started = performance.now()
      const errors = verdictsOfStored(schema, value)
      assert.ok(performance.now() - started < 5000, 'took too long')
      assert.equal(errors.length, 1)
      assert.ok(errors[0]?.includes(exhaustedText), errors[0])
    })
  }
})

function doubling(name: string, times: number): string {
  const next = `${name}x`
  if (times === 0) return `size(${name}) == 0`
  return `optional.of(${name} + ${name}).optMap(${next}, ${doubling(next, times - 1)}).orValue(true)`
}

describe('values', () => {
  test('names that are no identifiers are escaped', () => {
    assert.deepEqual(['namespace', 'a-b', 'a.b/c', 'a__b', '9a', 'in'].map(celName), [
      '__namespace__',
      'a__dash__b',
      'a__dot__b__slash__c',
      'a__underscores__b',
      undefined,
      '__in__',
    ])
  })

  test('a field named __proto__ is a field like any other', () => {
    const properties = JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"}}')
    const schema = rooted(
      { type: 'object', properties },
      "!has(self.constructor) && self.__underscores__proto__underscores__ == 'x'",
    )
    holds(schema, JSON.parse('{"__proto__":"x"}'))
  })

  test('the old object is seen in the order of the new one', () => {
    const list: Schema = {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: { type: 'object', properties: { k: string, v: integer }, required: ['k'] },
    }
    const schema = rooted(list, 'self == oldSelf')
    assert.deepEqual(
      verdicts(
        schema,
        [
          { k: 'a', v: 1 },
          { k: 'b', v: 2 },
        ],
        [
          { k: 'b', v: 2 },
          { k: 'a', v: 1 },
        ],
      ),
      [],
    )
    assert.equal(verdicts(schema, [{ k: 'a', v: 1 }], [{ k: 'a', v: 2 }]).length, 1)
  })

  test('only the name of metadata is visible at the root', () => {
    const schema: Schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { n: integer } } },
      'x-kubernetes-validations': [
        { rule: "self.metadata.name.startsWith('ok') && self.spec.n > 0 && self.kind == 'Thing'" },
      ],
    }
    assert.deepEqual(checkRules(schema, 'schema', []), [])
    const object = { apiVersion: 'a/v1', kind: 'Thing', metadata: { name: 'ok-1', labels: { a: 'b' } }, spec: { n: 1 } }
    assert.deepEqual(processObject(schema, object).errors, [])
    assert.equal(processObject(schema, { ...object, metadata: { name: 'no' } }).errors.length, 1)
    const hidden = { ...schema, 'x-kubernetes-validations': [{ rule: 'size(self.metadata.labels) == 0' }] }
    assert.equal(checkRules(hidden, 'schema', []).length, 1)
  })
})
