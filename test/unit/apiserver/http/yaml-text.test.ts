import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseYaml } from '../../../../shared/apiserver/http/yaml-text.ts'

test('a text of one document becomes plain data', async () => {
  assert.deepEqual(await parseYaml('a: !!str 1\nb: &x [1, "! ! &x"]\nc: *x\n'), {
    a: '1',
    b: [1, '! ! &x'],
    c: [1, '! ! &x'],
  })
  assert.equal(await parseYaml(''), null)
})

for (const [what, text, message] of [
  ['broken lists', 'a: [1', /line \d, column \d+: Flow sequence/],
  ['two documents', 'a: 1\n---\nb: 2\n', /line 2, column 1: a body holds one document/],
  [
    'tags in a row',
    `a: 1\nb: ${'!!str '.repeat(100_000)}x`,
    /line 2, column \d+: a node has at most one tag and one anchor/,
  ],
  ['anchors in a row', `b: ${'&a\n  '.repeat(1_000)}x`, /a node has at most one tag and one anchor/],
] as const) {
  test(`${what} are refused with their place`, async () => {
    await assert.rejects(parseYaml(text), message)
  })
}
