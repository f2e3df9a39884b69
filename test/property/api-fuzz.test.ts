// Whatever is sent, the server answers: no fault of its own, no hang, a Status for every refusal, nothing polluted, no
// memory kept. `HUBLESS_FUZZ_RUNS` asks for more cases, `HUBLESS_FUZZ_SEED` for the same ones again.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { createFuzzHub } from '../support/fuzz/hub.ts'
import { sendAndCheck } from '../support/fuzz/invariants.ts'
import { fuzzRequest } from '../support/fuzz/requests.ts'

const runs = Number(process.env['HUBLESS_FUZZ_RUNS'] ?? 400)
const seed = Number(process.env['HUBLESS_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function usedBytes(): number {
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

it(`answers whatever is sent (seed ${seed})`, async (test) => {
  const hub = await createFuzzHub()
  const kinds = await hub.kinds()
  const codes = new Map<number, number>()
  const run = async () =>
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (g) => {
        const code = await sendAndCheck(hub, fuzzRequest(g, kinds))
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }),
      { seed, numRuns: runs / 2 },
    )
  await run()
  const before = usedBytes()
  await run()
  const grown = usedBytes() - before
  test.diagnostic(`codes ${JSON.stringify(Object.fromEntries([...codes].sort()))}, heap grew ${grown} bytes`)
  assert.ok(grown < 8_000_000, `the heap grew by ${grown} bytes over ${runs / 2} requests it had seen before`)
  const answer = await hub.handle(new Request('http://hub/api/v1/namespaces/default'))
  assert.equal(answer.status, 200)
})
