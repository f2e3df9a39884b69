// The hub held against a real API server, script by script. `npm run conformance` is the same with a report to read.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { loadAccepted } from '../../conformance/accepted.ts'
import { failureLines } from '../../conformance/report.ts'
import { type Outcome, runScripts } from '../../conformance/runner.ts'
import { loadFixtures, loadScripts } from '../../conformance/script.ts'
import { type Servers, startServers } from '../../conformance/servers.ts'

describe('the hub answers as a real API server does', () => {
  const scripts = loadScripts()
  let servers: Servers | undefined
  let outcomes: readonly Outcome[] = []

  before(async () => {
    servers = await startServers()
    outcomes = await runScripts(servers, scripts, loadFixtures(), loadAccepted())
  })

  after(async () => {
    await servers?.[Symbol.asyncDispose]()
  })

  it('knows every script its list of differences names', () => {
    const unknown = loadAccepted().filter(({ script }) => !scripts.some(({ id }) => id === script))
    assert.deepEqual(unknown, [])
  })

  for (const script of scripts) {
    it(`${script.id}: ${script.title}`, () => {
      const outcome = outcomes.find((each) => each.script === script)
      assert.ok(outcome, 'the script was played')
      assert.equal(outcome.unlisted.length + outcome.failures.length, 0, failureLines(outcome).join('\n'))
    })
  }
})
