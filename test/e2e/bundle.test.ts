// The bundle that is deployed: built by the README's command, loaded by the functions host, answering.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type LocalPlatform, startPlatform } from '../../infra/local/platform.ts'
import { endProcess } from '../support/end-process.ts'

let platform: LocalPlatform

before(async () => {
  await promisify(execFile)(process.execPath, ['infra/tooling/build.ts'])
  platform = await startPlatform({ entry: `${process.cwd()}/dist/main.js`, settings: { HUBLESS_LOG: 'silent' } })
})
after(async () => {
  await platform?.stop()
  endProcess()
})

test('the bundle registers every function of the list', async () => {
  const { functions } = await import('../../functions/index.ts')
  assert.deepEqual([...platform.host.functions].sort(), functions.map(({ name }) => name).sort())
})

test('the bundle answers the Kubernetes API', async () => {
  const answer = await fetch(`${platform.url}/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements`)
  assert.equal(answer.status, 200)
  assert.deepEqual(((await answer.json()) as { items: unknown[] }).items, [])
})
