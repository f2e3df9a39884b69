import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaint, importComplaints } from '../../infra/tooling/import-rules.ts'

test('the tree imports only in the directions of the design', () => {
  assert.deepEqual(importComplaints(), [])
})

for (const [file, specifier, want] of [
  ['shared/domain/rollout/plan.ts', '../../ports/clock.ts', /decisions are pure/],
  ['shared/domain/rollout/plan.ts', '@azure/service-bus', /may use only/],
  ['shared/app/join-cluster.ts', '../adapters/memory/object-store.ts', /adapters are handed to it/],
  ['shared/ports/log.ts', '@azure/functions', /a port is a promise/],
  ['shared/somewhere/new.ts', 'zod', /lies in no folder of the design/],
  ['shared/domain/rollout/plan.ts', '../../api/binding.ts', undefined],
  ['functions/context.ts', '../shared/adapters/azure/service-bus.ts', undefined],
  ['functions/queue/apply-work.ts', '../../shared/adapters/azure/service-bus.ts', /may import only/],
] as const) {
  test(`${file} importing ${specifier} is ${want ? 'refused with the reason' : 'fine'}`, () => {
    const got = complaint(file, specifier)
    if (want) assert.match(got ?? '', want)
    else assert.equal(got, undefined)
  })
}
