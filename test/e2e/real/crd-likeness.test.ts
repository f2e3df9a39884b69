// Definitions and their rules, created on a real API server and on the hub: taken or refused alike, in the same words.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type BothServers, definitionsPath, linesOf, startBothServers } from './likeness/both-servers.ts'
import { type Case, definitions } from './likeness/definitions.ts'
import { ruleDefinitions } from './likeness/rules.ts'

let servers: BothServers

before(async () => {
  servers = await startBothServers()
})

after(async () => {
  await servers?.[Symbol.asyncDispose]()
})

/** What a compiler says of an expression or a pattern is its own wording. */
function withoutCompiler(text: string): string {
  return text
    .replace(/compilation failed:.*/s, 'compilation failed')
    .replace(/error parsing regexp:.*/s, 'error parsing regexp')
}

async function compare([, body]: Case): Promise<void> {
  const { real, hub } = await servers.call('POST', `${definitionsPath}?dryRun=All`, body)
  assert.deepEqual(linesOf(hub, withoutCompiler), linesOf(real, withoutCompiler))
}

describe('a definition is judged as on a real API server', () => {
  for (const each of definitions) it(each[0], () => compare(each))
})

describe('a rule is judged, and weighed, as on a real API server', () => {
  for (const each of ruleDefinitions) it(each[0], () => compare(each))
})
