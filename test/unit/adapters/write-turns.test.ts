import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { takeTurns } from '../../../shared/adapters/azure/write-turns.ts'

it('lets the first write go at once and takes those that come meanwhile together', async () => {
  const turns: string[][] = []
  const gate = Promise.withResolvers<void>()
  const write = takeTurns<string, string>({
    fits: () => true,
    run: async (turn) => {
      turns.push([...turn])
      await gate.promise
      return turn.map((value) => ({ status: 'fulfilled', value: value.toUpperCase() }))
    },
  })
  const all = Promise.all(['a', 'b', 'c'].map((each) => write('partition', each)))
  gate.resolve()
  assert.deepEqual(await all, ['A', 'B', 'C'])
  assert.deepEqual(turns, [['a'], ['b', 'c']])
})

it('tells each writer its own result, and all of a turn what ended it', async () => {
  const write = takeTurns<number, number>({
    fits: () => true,
    run: async (turn) => {
      if (turn.includes(0)) throw new Error('the service is away')
      return turn.map((value) =>
        value % 2 === 0 ? { status: 'fulfilled', value } : { status: 'rejected', reason: new Error(`odd ${value}`) },
      )
    },
  })
  const first = await Promise.allSettled([write('p', 2), write('p', 3), write('p', 4)])
  assert.deepEqual(
    first.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  const second = await Promise.allSettled([write('p', 6), write('p', 0), write('p', 8)])
  assert.deepEqual(
    second.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  )
  assert.equal(await write('p', 10), 10, 'a turn that failed does not stop the next')
})

it('keeps the order of a partition, runs no two turns of it at once, and never exceeds what fits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ partition: fc.constantFrom('a', 'b'), pause: fc.nat(2) }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      async (writes, most) => {
        const seen: Record<string, number[]> = { a: [], b: [] }
        const running = new Set<string>()
        const write = takeTurns<{ partition: string; index: number }, number>({
          fits: (turn) => turn.length < most,
          run: async (turn) => {
            const partition = turn[0]?.partition ?? ''
            assert.ok(turn.length <= most && !running.has(partition))
            running.add(partition)
            await Promise.resolve()
            running.delete(partition)
            seen[partition]?.push(...turn.map(({ index }) => index))
            return turn.map(({ index }) => ({ status: 'fulfilled', value: index }))
          },
        })
        const results: Promise<number>[] = []
        for (const [index, { partition, pause }] of writes.entries()) {
          results.push(write(partition, { partition, index }))
          for (let tick = 0; tick < pause; tick += 1) await Promise.resolve()
        }
        assert.deepEqual(await Promise.all(results), [...writes.keys()])
        for (const partition of ['a', 'b'])
          assert.deepEqual(
            seen[partition],
            [...writes.entries()].flatMap(([index, each]) => (each.partition === partition ? [index] : [])),
          )
      },
    ),
  )
})
