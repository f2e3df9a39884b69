// Routes match as ASP.NET Core matches them, for the templates the host supports.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bySpecificity, matchRoute, parseRoute } from '../../../infra/local/functions-host/route.ts'

const cases: readonly (readonly [template: string, path: string, want: Record<string, string> | undefined])[] = [
  ['{*path}', '/', { path: '' }],
  ['{*path}', '/api/v1/namespaces/a%2Fb/x%20y', { path: 'api/v1/namespaces/a%2Fb/x y' }],
  ['{**path}', '/healthz', { path: 'healthz' }],
  ['a/{id:int}', '/a/12', { id: '12' }],
  ['a/{id:int}', '/a/x', undefined],
  ['A/b', '/a/B', {}],
  ['A/b', '/a/B/', {}],
  ['a/{b?}', '/a', {}],
  ['a/{b=c}', '/a', { b: 'c' }],
  ['a/{b}', '/a', undefined],
  ['a/{b}', '/a/b/c', undefined],
  ['a/{b}', '/a/%zz', { b: '%zz' }],
  ['a/{__proto__}', '/a/x', JSON.parse('{"__proto__":"x"}')],
]
for (const [template, path, want] of cases) {
  test(`${template} on ${path}`, () => {
    assert.deepEqual(matchRoute(parseRoute('', template), path), want)
  })
}

test('a prefix goes before the template', () => {
  assert.deepEqual(matchRoute(parseRoute('api', 'a'), '/api/a'), {})
  assert.equal(matchRoute(parseRoute('api', 'a'), '/a'), undefined)
})

test('the more specific route comes first', () => {
  const order = ['{*rest}', 'a/{b}', 'a/{b:int}', 'a/b', 'a'].map((text) => parseRoute('', text)).sort(bySpecificity)
  assert.deepEqual(
    order.map(({ template }) => template),
    ['a/b', 'a/{b:int}', 'a/{b}', 'a', '{*rest}'],
  )
})

for (const [template, words] of [
  ['{*rest}/more', /catch-all comes last/],
  ['a/{id:min(3)}', /cannot read/],
  ['a/{id:date}', /constraint date is not known/],
  ['a/{Headers}', /cannot be called Headers/],
  ['a/x{b}', /cannot read x\{b\}/],
] as const) {
  test(`${template} is refused`, () => {
    assert.throws(() => parseRoute('', template), words)
  })
}
