import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJsonPath } from '../../../../shared/apiserver/table/json-path.ts'
import { InvalidInputError } from '../../../../shared/errors.ts'

const object = {
  metadata: { name: 'web', annotations: { 'example.io/a.b': 'dotted' } },
  status: {
    conditions: [
      { type: 'Ready', status: 'False' },
      { type: 'Available', status: 'True', observedGeneration: 3 },
    ],
    ports: [80, 443],
  },
}

for (const [path, want] of [
  ['.metadata.name', ['web']],
  ['.status.conditions[?(@.type=="Available")].status', ['True']],
  ['.status.conditions[?(@.type=="Available")].observedGeneration', [3]],
  [".status.conditions[?(@.type=='Ready')].status", ['False']],
  ['.status.conditions[?(@.type=="Missing")].status', []],
  ['.status.conditions[*].type', ['Ready', 'Available']],
  ['.status.ports[0]', [80]],
  ['.status.ports[-1]', [443]],
  ['.metadata.annotations.example\\.io/a\\.b', ['dotted']],
  ['.spec.nothing.here', []],
] as const) {
  test(`${path} finds ${JSON.stringify(want)}`, () => {
    assert.deepEqual(parseJsonPath(path).find(object), want)
  })
}

test('a path that cannot be read is refused with the place', () => {
  assert.throws(() => parseJsonPath('.status.conditions[?(@.type=='), InvalidInputError)
})

test('a path that leads to the same value in more ways than can be counted finds nothing, at once', () => {
  let value: { a: unknown; b: unknown } = { a: 1, b: 2 }
  for (let level = 0; level < 60; level += 1) value = { a: value, b: level }
  const started = process.cpuUsage()
  assert.deepEqual(parseJsonPath('$..a..a..a..a..a').find(JSON.parse(JSON.stringify(value))), [])
  assert.ok(process.cpuUsage(started).user < 1_000_000)
  assert.deepEqual(parseJsonPath('..type').find(object), ['Ready', 'Available'])
})
