// Rules in the Common Expression Language, right, wrong and too costly, for comparisons with a real API server.
import type { Json, JsonObject } from '../../../../shared/api/json.ts'
import { type Case, withSchema, withSpec } from './definitions.ts'

const S = { type: 'string' }
const I = { type: 'integer' }
const O = (properties: Json, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more })
const A = (items: Json, more: JsonObject = {}): JsonObject => ({ type: 'array', items, ...more })
const M = (additionalProperties: Json, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  additionalProperties,
  ...more,
})
/** What the rules below see as `self`. */
const fields: JsonObject = {
  s: S,
  ss: { type: 'string', maxLength: 20 },
  e: { type: 'string', enum: ['abc', 'de'] },
  i: I,
  n: { type: 'number' },
  b: { type: 'boolean' },
  l: A(S),
  ls: A({ type: 'string', maxLength: 10 }, { maxItems: 5 }),
  li: A(I),
  lo: A(O({ name: S, v: I }, { required: ['name'] })),
  lm: A(O({ name: { type: 'string', maxLength: 10 }, v: I }, { required: ['name'] }), {
    maxItems: 10,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  }),
  m: M(S),
  ms: M({ type: 'string', maxLength: 10 }, { maxProperties: 5 }),
  mm: M(M(I)),
  ios: { 'x-kubernetes-int-or-string': true },
  p: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  pp: { 'x-kubernetes-preserve-unknown-fields': true },
  d: { type: 'string', format: 'date-time' },
  du: { type: 'string', format: 'duration' },
  by: { type: 'string', format: 'byte' },
  o: O({ a: S, 'x-y': I, namespace: S }),
  nul: { type: 'string', nullable: true },
  emb: O({ spec: O({ r: I }) }, { 'x-kubernetes-embedded-resource': true }),
  atoms: A(S, { 'x-kubernetes-list-type': 'atomic' }),
  aa: A(A(I)),
  at: { type: 'object', additionalProperties: true },
}

const rules: readonly string[] = [
  'true',
  'false',
  '1',
  'self',
  "self.s == 'a'",
  'self.s.size() > 3',
  'self.undefined == 1',
  'self.s + 1 == 2',
  "self.i == 'a'",
  'self.i == 1.0',
  'self.i < 1.5',
  "self.ios == 1 || self.ios == 'a'",
  'self.ios > 3',
  'self.p.x == 1',
  'self.pp == 1',
  'has(self.p)',
  'has(self.pp)',
  'size(self.p) == 0',
  'size(self.at) == 0',
  "self.s.matches('^a')",
  "self.ss.matches('^a')",
  "self.s.matches('(')",
  "self.ss.matches('(')",
  'self.s.matches(self.s)',
  'self.ss.matches(self.s)',
  'self.l.all(x, x.size() < 3)',
  "self.l.all(x, x.matches('a+b+'))",
  "self.ls.all(x, x.matches('a+b+'))",
  'self.l.all(x, self.l.all(y, x == y))',
  'self.ls.all(x, self.ls.all(y, x == y))',
  'self.ls.all(x, self.ls.all(y, self.ls.all(z, x + y == z)))',
  'self.lo.all(x, self.lo.exists_one(y, x.name == y.name))',
  'self.lo.all(x, self.lo.filter(y, x.name == y.name).size() == 1)',
  'self.lm.all(x, self.lm.exists_one(y, x.name == y.name))',
  'self.lm.all(x, x.v > 3)',
  'self.lm.map(x, x.v).sum() < 10',
  'self.lo.map(x, x.v).sum() < 10',
  "self.lo.map(x, x.name).join(',') == 'a'",
  "self.lm.map(x, x.name).join(',') == 'a'",
  'self.l.isSorted()',
  "self.l.max() == 'a'",
  "self.l.indexOf('a') == 1",
  "self.s.indexOf('a') == 1",
  'self.s.contains(self.s)',
  "self.s.contains('a')",
  'self.s.startsWith(self.s)',
  "self.s.replace('a', 'bb').size() < 10",
  "self.s.replace('a', 'bb').replace('b', 'cc').replace('c','dd') == 'x'",
  "self.s.split(',').all(x, x.size() > 1)",
  "self.ss.split(',').all(x, x.size() > 1)",
  'self.s.lowerAscii() == self.s',
  "self.m.all(k, self.m[k] == 'a')",
  "self.m.all(k, k.matches('^[a-z]+$'))",
  "self.ms.all(k, k.matches('^[a-z]+$'))",
  'self.mm.all(k, self.mm[k].all(j, self.mm[k][j] > 1))',
  "self.m.exists(k, k == 'a')",
  "'a' in self.m",
  "'a' in self.l",
  "self.l in ['a']",
  "self.s in ['a', 'b']",
  'self.s in self.l',
  'self.l.exists(x, x in self.l)',
  'self.l == self.l',
  'self.l != oldSelf.l',
  'self.s == oldSelf.s',
  'self.lo == oldSelf.lo',
  "self.o.a == 'x'",
  'self.o.x__dash__y == 1',
  'self.o.x-y == 1',
  "self.o.__namespace__ == 'x'",
  "self.o.namespace == 'x'",
  'has(self.o) && has(self.o.a)',
  'has(self.s)',
  'has(self)',
  "self.d > timestamp('2020-01-01T00:00:00Z')",
  'self.d.getFullYear() > 2000',
  "self.du < duration('1h')",
  "self.by == b'abc'",
  'self.by.size() == 3',
  'self.nul == null',
  "self.nul == 'a'",
  'self.nul == null || self.nul.size() > 1',
  "self.emb.metadata.name == 'a'",
  "self.emb.metadata.labels == 'a'",
  "self.emb.kind == 'a' && self.emb.apiVersion == 'v1'",
  'self.emb.spec.r > 1',
  "self.metadata.name == 'a'",
  "type(self.ios) == int ? self.ios < 100 : self.ios == '50%'",
  'type(self.ios) == string',
  "string(self.i) == '1'",
  'int(self.s) == 1',
  'double(self.i) == 1.0',
  'self.i / 2 == 1',
  'self.i % 2 == 1',
  '-self.i == 1',
  '!self.b',
  'self.b ? self.i > 1 : self.i < 1',
  'self.b && self.i',
  'self.b == 1',
  "self.?s.orValue('x') == 'a'",
  'self.?s.hasValue()',
  "self.?o.?a.orValue('x') == 'y'",
  "self.l[?0].orValue('x') == 'y'",
  "self.l[0] == 'a'",
  "self.m['a'] == 'a'",
  "self.m[?'a'].orValue('z') == 'a'",
  'optional.none().hasValue()',
  'optional.of(1).value() == 1',
  "self.?s.optMap(x, x + 'a').orValue('b') == 'c'",
  'cel.bind(x, self.s, x == x)',
  "self.l.exists(i, v, v == 'a')",
  'self.m.all(k, v, v == k)',
  'self.m.transformList(k, v, k + v).size() > 1',
  "self.m.transformMap(k, v, v + 'a').size() > 1",
  'self.l.transformMap(i, v, v).size() > 1',
  '[1, 2, 3].exists(x, x == self.i)',
  "[1, 'a'].size() == 2",
  '[1, 2.0].size() == 2',
  "{'a': 1, 'b': 'c'}.size() == 2",
  '{1: 2}.size() == 1',
  "isURL(self.s) && url(self.s).getHost() == 'a'",
  'isIP(self.s) && ip(self.s).family() == 4',
  'ip.isCanonical(self.s)',
  "isCIDR(self.s) && cidr(self.s).containsIP('1.2.3.4')",
  "cidr(self.s).containsCIDR(cidr('10.0.0.0/8'))",
  "quantity(self.s).isLessThan(quantity('10'))",
  'isQuantity(self.s) && quantity(self.s).sign() == 1',
  "quantity(self.s) == quantity('1')",
  "semver(self.s).isLessThan(semver('1.2.3'))",
  'isSemver(self.s)',
  "semver('v1.2', true).major() == 1",
  "format.named('dns1123Label').hasValue()",
  '!format.dns1123Label().validate(self.s).hasValue()',
  "sets.contains(self.l, ['a'])",
  "sets.contains(self.ls, ['a'])",
  'sets.equivalent(self.l, self.l)',
  'sets.intersects(self.ls, self.ls)',
  "self.s.find('[0-9]+') == '1'",
  "self.s.findAll('[0-9]+').size() == 1",
  "self.s.charAt(0) == 'a'",
  "self.s.substring(1) == 'a'",
  "self.s.trim() == 'a'",
  "self.s.format(['a']) == 'a'",
  "'%s'.format([self.s]) == 'a'",
  "strings.quote(self.s) == 'a'",
  "self.s.reverse() == 'a'",
  'self.li.sum() == 1',
  'self.li.min() == 1',
  'self.li.distinct().size() == 1',
  'self.li.sort() == [1]',
  'self.li.slice(0, 1).size() == 1',
  'self.aa.flatten().size() == 1',
  'lists.range(3).size() == 3',
  'self.li.reverse() == [1]',
  'self.li.first().hasValue()',
  'self.li.last().hasValue()',
  'self.aa.all(x, x.all(y, y > 1))',
  "self.e == 'abc'",
  "self.e == 'zzz'",
  'self.i.size() == 1',
  'foo(self.s)',
  'self.s.foo()',
  'self.s ==',
  "'abc",
  "self.s = 'a'",
  'self.s == "a" and true',
  'self.i == 1u',
  'self.i == 0x10',
  'self.i in [1,2,3]',
  "dyn(self.i) == 'a'",
  'dyn(self.s).size() == 1',
  "self.lo[0].name == 'a'",
  "self.lo[0].foo == 'a'",
  'self.l + self.l == self.l',
  'self.s + self.s == self.s',
  'self.l.map(x, x + x).all(y, y.size() > 1)',
  "self.l.filter(x, x != 'a').map(y, y + 'b').join('') == 'c'",
  "self.lo.all(x, x.name.matches('^[a-z]+$'))",
  "authorizer.path('/').check('get').allowed()",
  "request.name == 'a'",
  'oldSelf == self',
  "oldSelf.optMap(x, x.s).orValue('') == self.s",
  "duration(self.du) == duration('1h')",
  "timestamp(self.s) > timestamp('2020-01-01T00:00:00Z')",
  "bytes(self.s) == b'a'",
  "string(self.by) == 'a'",
  "string(self.d) == 'a'",
  'uint(self.i) == 1u',
  'self.lm.exists(x, has(x.v) && x.v == 1)',
  'self.lm.all(x, has(x.v) ? x.v > 1 : true)',
  'self.i >= 0 && self.i <= 100 || self.b',
  "[self.s, self.ss].all(x, x != '')",
  '[[1],[2]].all(x, x.all(y, y > 0))',
  "self.ms.map(k, self.ms[k]).all(v, v.contains('a'))",
  'self.d == self.d',
  'self.du == self.du',
  'self.n == 1',
  'self.n < self.i',
]

const V = (rule: Json): JsonObject => ({
  'x-kubernetes-validations': Array.isArray(rule) ? rule : [typeof rule === 'string' ? { rule } : rule],
})
const cases: Case[] = rules.map((rule) => [rule, withSpec(O(fields, V(rule)))])
const add = (name: string, body: JsonObject) => void cases.push([name, body])
add('nested in unbounded list', withSpec(O({ l: A(O({ s: { type: 'string', ...V('self.matches("a+b")') } })) })))
add(
  'nested in bounded list',
  withSpec(O({ l: A(O({ s: { type: 'string', maxLength: 10, ...V('self.matches("a+b")') } }), { maxItems: 10 }) })),
)
add('nested unbounded map', withSpec(O({ m: M({ type: 'string', ...V('self.size() > 1') }) })))
add('nested map map', withSpec(O({ m: M(M({ type: 'integer', ...V('self > 1') })) })))
add('nested item list rule', withSpec(O({ m: A(A({ type: 'integer' }, V('self.all(x, x > 1)'))) })))
add(
  'many costly',
  withSpec(
    O(
      Object.fromEntries(
        [...Array(30).keys()].map((i) => [
          `f${i}`,
          A({ type: 'string', maxLength: 100 }, { maxItems: 2000, ...V('self.all(x, x.matches("abcdefgh"))') }),
        ]),
      ),
    ),
  ),
)
add('root rule', withSchema(O({ spec: O({ a: I }) }, V('self.metadata.name.size() > 3 && self.spec.a > 1'))))
add('root rule kind', withSchema(O({ spec: O({ a: I }) }, V('self.kind == "x" && self.apiVersion == "y"'))))
add('root status', withSchema(O({ spec: O({ a: I }), status: O({ b: I }) }, V('self.spec.a > self.status.b'))))
add('message expr ok', withSpec(O({ a: I }, V({ rule: 'self.a > 1', messageExpression: '"a is " + string(self.a)' }))))
add('message expr type', withSpec(O({ a: I }, V({ rule: 'self.a > 1', messageExpression: 'self.a' }))))
add('message expr bad', withSpec(O({ a: I }, V({ rule: 'self.a > 1', messageExpression: 'self.b' }))))
add(
  'message expr costly',
  withSpec(O({ a: A(S) }, V({ rule: 'true', messageExpression: 'self.a.map(x, x + x + x + x).join(",")' }))),
)
add('message expr empty', withSpec(O({ a: I }, V({ rule: 'self.a > 1', messageExpression: ' ' }))))
add('message empty', withSpec(O({ a: I }, V({ rule: 'self.a > 1', message: ' ' }))))
add('message newline', withSpec(O({ a: I }, V({ rule: 'self.a > 1', message: 'a\nb' }))))
add('rule newline no message', withSpec(O({ a: I }, V({ rule: 'self.a\n> 1' }))))
add('rule newline message', withSpec(O({ a: I }, V({ rule: 'self.a\n> 1', message: 'x' }))))
add('rule empty', withSpec(O({ a: I }, V({ rule: ' ' }))))
add('reason', withSpec(O({ a: I }, V({ rule: 'self.a > 1', reason: 'FieldValueForbidden' }))))
for (const p of ['.a', 'a', '.b', '.m.x', ".m['x']", '.m["x"]', '.l[0]', '.l', ' ', '.a\n', '.o.x', ".o['x']", ''])
  add(
    `fieldPath ${p}`,
    withSpec(O({ a: I, m: M(S), l: A(S), o: O({ x: S }) }, V({ rule: 'self.a > 1', fieldPath: p }))),
  )
add('optionalOldSelf', withSpec(O({ a: I }, V({ rule: 'oldSelf.hasValue() && self.a > 1', optionalOldSelf: true }))))
add('optionalOldSelf unused', withSpec(O({ a: I }, V({ rule: 'self.a > 1', optionalOldSelf: true }))))
add('optionalOldSelf false', withSpec(O({ a: I }, V({ rule: 'self.a > oldSelf.a', optionalOldSelf: false }))))
add('optionalOldSelf false unused', withSpec(O({ a: I }, V({ rule: 'self.a > 1', optionalOldSelf: false }))))
add('oldSelf in atomic', withSpec(O({ l: A(O({ a: { type: 'integer', ...V('self == oldSelf') } })) })))
add(
  'oldSelf in set',
  withSpec(O({ l: A({ type: 'string', ...V('self == oldSelf') }, { 'x-kubernetes-list-type': 'set' }) })),
)
add(
  'oldSelf in map',
  withSpec(
    O({
      l: A(O({ k: S, a: { type: 'integer', ...V('self == oldSelf') } }, { required: ['k'] }), {
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
      }),
    }),
  ),
)
add(
  'oldSelf in atomic map',
  withSpec(O({ l: O({ a: { type: 'integer', ...V('self == oldSelf') } }, { 'x-kubernetes-map-type': 'atomic' }) })),
)
add(
  'oldSelf in atomic addl',
  withSpec(O({ l: M({ type: 'integer', ...V('self == oldSelf') }, { 'x-kubernetes-map-type': 'atomic' }) })),
)
add('rule on pruf', withSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true, ...V('self.a > 1') }))
add('rule on ios', withSpec(O({ x: { 'x-kubernetes-int-or-string': true, ...V('self == 1 || self == "a"') } })))
add('rule on pp', withSpec(O({ x: { 'x-kubernetes-preserve-unknown-fields': true, ...V('self == 1') } })))
add('two bad rules', withSpec(O({ a: I }, V([{ rule: 'self.x' }, { rule: 'self.a' }, { rule: 'self.a > 1' }]))))
add('bad structural with rule', withSpec(O({ a: {} }, V('self.a > 1'))))
add('child rule fine parent faulty', withSpec(O({ a: { type: 'integer', ...V('self.foo') }, b: { type: 'foo' } })))

export const ruleDefinitions: readonly Case[] = cases
