// The README's tour, command by command as written, against a hub started by the README's own command. Only the folder
// and the port differ, so that a hub somebody works with is left alone, and the sweep comes sooner.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { asset } from '../../support/control-plane.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'

const run = promisify(execFile)
const readme = readFileSync('README.md', 'utf8')
const blocks = [...readme.matchAll(/```sh tour\n(.*?)```/gs)].map(([, commands = '']) => commands)
const folder = mkdtempSync(join(tmpdir(), 'hubless-tour-'))
let hub: HubProcess

before(async () => {
  hub = await startHub(folder, ['--port', '0'], { HUBLESS_SWEEP_SCHEDULE: '*/5 * * * * *' })
  await hub.printed(/^next:/m)
})
after(async () => {
  await hub?.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

test('the two commands of the README are scripts of the package', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  assert.match(readme, /```sh\nnpm install && npm start\n```/)
  assert.match(readme, /```sh\nnpm test\n```/)
  assert.deepEqual([scripts['start'], scripts['test']], ['node infra/local/up.ts', 'node infra/tooling/test.ts'])
})

test('every command of the tour works as typed', async () => {
  assert.ok(blocks.length >= 4)
  const script = ['set -euo pipefail', ...blocks].join('\n').replaceAll('.hubless', folder)
  const env = { PATH: `${dirname(asset('kubectl'))}:${process.env['PATH']}`, HOME: folder }
  const { stdout } = await run('bash', ['-c', script], { env, timeout: 240_000 })
  assert.match(stdout, /member-3\s+True/)
  assert.match(stdout, /\bhi\b/)
  assert.match(stdout, /could not find all clusters needed/)
})
