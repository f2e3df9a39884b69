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
