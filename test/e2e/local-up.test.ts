// `npm start` as a user runs it: a child process, its lines, its kubeconfig, its end.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { kubeconfigText, readAccess } from '../../infra/local/up/kubeconfig.ts'

const root = mkdtempSync(join(tmpdir(), 'hubless-up-'))
const children = new Set<ChildProcess>()
after(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  /** Resolves with the match once the output has it; rejects with the output when the process ends or time is up. */
  until(pattern: RegExp): Promise<RegExpMatchArray>
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
}

function up(...args: string[]): Run {
  const child = spawn(process.execPath, ['infra/local/up.ts', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let output = ''
  const ended = once(child, 'exit').then(([code]) => {
    children.delete(child)
    return code
  })
  const until = (pattern: RegExp): Promise<RegExpMatchArray> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never ${pattern}: ${output}`)), 60_000)
      const look = (): void => {
        const match = output.match(pattern)
        if (!match) return
        clearTimeout(timer)
        resolve(match)
      }
      child.stdout?.on('data', look)
      child.stderr?.on('data', look)
      ended.then(() => {
        clearTimeout(timer)
        reject(new Error(`ended without ${pattern}: ${output}`))
      }, reject)
      look()
    })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk
    })
  }
  return { child, output: () => output, until, ended }
}

test('a wrong flag ends at once with what is allowed, --help with what there is', async () => {
  const wrong = up('--members', 'many')
  assert.equal(await wrong.ended, 1)
  assert.match(wrong.output(), /^--members: "many" is not allowed; give a whole number from 0 to 1000\n$/)
  const help = up('--help')
  assert.equal(await help.ended, 0)
  assert.match(help.output(), /--member NAME=KUBECONFIG/)
})

test('a taken port is one sentence that names it', async () => {
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const address = blocker.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const run = up('--port', String(port), '--data', join(root, 'port'), '--members', '0', '--no-example')
  assert.equal(await run.ended, 1)
  assert.match(
    run.output(),
    RegExp(`port ${port} is taken by another program: choose another with npm start -- --port ${port + 1}\n$`),
  )
  blocker.close()
})

test('from nothing to an available placement, kept over a restart, with an orderly end', async () => {
  const data = join(root, 'whole')
  const first = up('--port', '0', '--data', data, '--members', '2')
  const [, url = ''] = await first.until(/hub ready (http:\/\/127\.0\.0\.1:\d+)/)
  await first.until(/ClusterResourcePlacement shop: on 2 clusters, applied on 2, available on 2/)
  await first.until(/kubectl --kubeconfig .*kubeconfig get memberclusters/)

  const kubeconfig = join(data, 'kubeconfig')
  assert.equal(statSync(kubeconfig).mode & 0o777, 0o600)
  const config = parse(readFileSync(kubeconfig, 'utf8'))
  assert.deepEqual(
    config.contexts.map(({ name }: { name: string }) => name),
    ['hub', 'member-1', 'member-2'],
  )
  assert.equal(config['current-context'], 'hub')
  assert.equal(config.clusters[0].cluster.server, url)

  // A cluster of the first hub is a real one to another hub: reached by nothing but its kubeconfig file.
  const far = readAccess(
    'far',
    readFileSync(kubeconfig, 'utf8').replace('current-context: hub', 'current-context: member-1'),
    kubeconfig,
  )
  writeFileSync(join(root, 'far'), kubeconfigText([far]))
  const other = up(
    '--port',
    '0',
    '--data',
    join(root, 'other'),
    '--members',
    '0',
    '--member',
    `far=${join(root, 'far')}`,
  )
  await other.until(/joining far\n/)
  await other.until(/ClusterResourcePlacement shop: on 1 clusters, applied on 1, available on 1/)
  other.child.kill('SIGINT')
  assert.equal(await other.ended, 0)

  const second = up('--port', '0', '--data', data, '--no-example')
  assert.equal(await second.ended, 1)
  assert.match(
    second.output(),
    RegExp(`process ${first.child.pid}, is using .*: stop it \\(kill ${first.child.pid}\\), or .*--data`),
  )

  const stopping = performance.now()
  first.child.kill('SIGINT')
  assert.equal(await first.ended, 0)
  assert.ok(performance.now() - stopping < 5_000)

  const again = up('--port', '0', '--data', data, '--members', '2', '--no-example')
  const [, newUrl = ''] = await again.until(/hub ready (http:\S+)/)
  const placement = await fetch(`${newUrl}/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements/shop`)
  assert.equal(placement.status, 200)
  again.child.kill('SIGKILL')
  await again.ended

  const afterCrash = up('--port', '0', '--data', data, '--members', '0', '--no-example')
  await afterCrash.until(/hub ready/)
  afterCrash.child.kill('SIGTERM')
  assert.equal(await afterCrash.ended, 0)
})
