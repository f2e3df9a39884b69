// Requests made to cost much: each is answered with a Status or an object, in little processor time and memory.
import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { bombs } from '../support/fuzz/bombs.ts'
import { createFuzzHub, type FuzzHub } from '../support/fuzz/hub.ts'
import { sendAndCheck } from '../support/fuzz/invariants.ts'

/** Processor time one answer may take, in milliseconds. */
const longestMs = 2_000
/** How far the process may grow for one answer. Bodies are 3 MiB at most. */
const largestBytes = 600 * 1024 * 1024

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe('requests made to cost much', () => {
  let hub: FuzzHub
  before(async () => {
    hub = await createFuzzHub()
  })
  for (const [name, requests] of bombs()) {
    it(name, async (test) => {
      const codes: number[] = []
      collect()
      const rss = process.memoryUsage.rss()
      const started = process.cpuUsage()
      for (const request of requests) codes.push(await sendAndCheck(hub, request, longestMs))
      const { user, system } = process.cpuUsage(started)
      const grown = process.memoryUsage.rss() - rss
      test.diagnostic(`${codes} in ${Math.round((user + system) / 1_000)} ms, ${Math.round(grown / 1024 / 1024)} MiB`)
      for (const code of codes) assert.ok(code >= 200 && code < 500, `${codes}`)
      assert.ok(grown < largestBytes, `the process grew by ${grown} bytes`)
    })
  }
})
