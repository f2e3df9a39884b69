// Who may do what, as kubectl users meet it: a hub with TLS and a token, roles, tokens of service accounts, acting as others.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { kubeconfigText } from '../../support/control-plane.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'

const folder = mkdtempSync(join(tmpdir(), 'hubless-access-'))
let hub: HubProcess
let admin: Kubectl

before(async () => {
  hub = await startHub(folder, ['--tls', '--members', '0', '--no-example', '--port', '0'])
  admin = kubectl(hub.kubeconfigPath)
})
after(async () => {
  await hub?.stop('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** kubectl with nothing but this token. */
function holding(name: string, token: string): Kubectl {
  const ca = readFileSync(join(folder, 'ca.crt')).toString('base64')
  const path = join(folder, `${name}.kubeconfig`)
  writeFileSync(path, kubeconfigText(name, { server: hub.url, 'certificate-authority-data': ca }, { token }))
  return kubectl(path)
}

/** Status code of a bare request over TLS. */
function code(path: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(`${hub.url}${path}`, { ca: readFileSync(join(folder, 'ca.crt')), headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('without a token there is health and nothing else', async () => {
  for (const path of ['/healthz', '/livez', '/readyz', '/version']) assert.equal(await code(path), 200, path)
  for (const path of ['/api', '/apis', '/openapi/v2', '/api/v1/namespaces', '/'])
    assert.equal(await code(path), 401, path)
  assert.equal(await code('/api', { authorization: 'Bearer nonsense' }), 401)
  const lost = await holding('nobody', 'nonsense').try(['get', 'namespaces'])
  assert.match(lost.stderr, /You must be logged in to the server/)
})

test('the administrator is who the kubeconfig says', async () => {
  assert.match(await admin.run(['auth', 'whoami']), /hubless-admin[\s\S]*system:masters/)
  assert.match(await admin.run(['auth', 'can-i', '*', '*']), /yes/)
})

test('a service account gets a token and what its role says', async () => {
  await admin.run(['create', 'namespace', 'team'])
  await admin.run(['create', 'serviceaccount', 'bot', '-n', 'team'])
  const bot = holding('bot', (await admin.run(['create', 'token', 'bot', '-n', 'team'])).trim())
  assert.match(await bot.run(['auth', 'whoami']), /system:serviceaccount:team:bot/)
  const refused = await bot.try(['get', 'configmaps', '-n', 'team'])
  assert.match(
    refused.stderr,
    /configmaps is forbidden: User "system:serviceaccount:team:bot" cannot list resource "configmaps" in API group "" in the namespace "team"/,
  )
  await admin.run(['create', 'role', 'reader', '-n', 'team', '--verb=get,list', '--resource=configmaps'])
  await admin.run(['create', 'rolebinding', 'bot', '-n', 'team', '--role=reader', '--serviceaccount=team:bot'])
  assert.match(await bot.run(['get', 'configmaps', '-n', 'team', '-o', 'name']), /^$/)
  assert.match(await bot.run(['auth', 'can-i', 'list', 'configmaps', '-n', 'team']), /yes/)
  assert.equal((await bot.try(['auth', 'can-i', 'delete', 'configmaps', '-n', 'team'])).code, 1)
  assert.match(await bot.run(['auth', 'can-i', '--list', '-n', 'team']), /configmaps\s+\[\]\s+\[\]\s+\[get list\]/)
  assert.equal((await bot.try(['get', 'configmaps', '-n', 'default'])).code, 1)
})

test('acting as somebody else has their rights, and needs a right', async () => {
  const carol = ['--as', 'carol', '--as-group', 'readers']
  assert.match(await admin.run(['auth', 'whoami', ...carol]), /carol[\s\S]*readers system:authenticated/)
  assert.equal((await admin.try(['get', 'configmaps', '-n', 'team', ...carol])).code, 1)
  await admin.run(['create', 'rolebinding', 'readers', '-n', 'team', '--clusterrole=view', '--group=readers'])
  assert.equal((await admin.try(['get', 'configmaps', '-n', 'team', ...carol])).code, 0)
  const bot = holding('bot', (await admin.run(['create', 'token', 'bot', '-n', 'team'])).trim())
  assert.match((await bot.try(['get', 'configmaps', '-n', 'team', '--as', 'carol'])).stderr, /cannot impersonate/)
})

test('nobody grants what they do not hold', async () => {
  await admin.run(['create', 'rolebinding', 'owner', '-n', 'team', '--clusterrole=admin', '--user=dora'])
  const dora = ['--as', 'dora', '-n', 'team']
  await admin.run(['create', 'role', 'small', '--verb=get', '--resource=secrets', ...dora])
  const refused = await admin.try(['create', 'role', 'big', '--verb=get', '--resource=nodes', ...dora])
  assert.match(refused.stderr, /user "dora" .* is attempting to grant RBAC permissions not currently held:/)
  assert.match(refused.stderr, /\{APIGroups:\[""\], Resources:\["nodes"\], Verbs:\["get"\]\}/)
  const bind = ['create', 'rolebinding', 'up', '--clusterrole=cluster-admin', '--user=dora', ...dora]
  assert.equal((await admin.try(bind)).code, 1)
})

test('a ClusterRole with a label becomes part of those that gather it', async () => {
  const may = async () =>
    (
      await admin.try([
        'auth',
        'can-i',
        'get',
        'internalmemberclusters.cluster.kubernetes-fleet.io',
        '-n',
        'team',
        '--as',
        'dora',
      ])
    ).code
  assert.equal(await may(), 1)
  await admin.run([
    'create',
    'clusterrole',
    'inner',
    '--verb=get',
    '--resource=internalmemberclusters.cluster.kubernetes-fleet.io',
  ])
  await admin.run(['label', 'clusterrole', 'inner', 'rbac.authorization.k8s.io/aggregate-to-view=true'])
  assert.equal(await may(), 0)
  assert.match(await admin.run(['describe', 'clusterrole', 'admin']), /internalmemberclusters\.cluster/)
  await admin.run(['delete', 'clusterrole', 'inner'])
  assert.equal(await may(), 1)
})

test('a token ends with its account, and for good', async () => {
  await admin.run(['create', 'serviceaccount', 'brief', '-n', 'team'])
  const brief = holding('brief', (await admin.run(['create', 'token', 'brief', '-n', 'team'])).trim())
  assert.match(await brief.run(['auth', 'whoami']), /team:brief/)
  await admin.run(['delete', 'serviceaccount', 'brief', '-n', 'team'])
  assert.match((await brief.try(['auth', 'whoami'])).stderr, /You must be logged in/)
  await admin.run(['create', 'serviceaccount', 'brief', '-n', 'team'])
  assert.match((await brief.try(['auth', 'whoami'])).stderr, /You must be logged in/)
})

test('an application developer places what is theirs; a fleet viewer looks on', async () => {
  const may = async (user: string, ...question: string[]) =>
    (await admin.try(['auth', 'can-i', ...question, '--as', user])).code === 0
  await admin.run(['create', 'rolebinding', 'dev', '-n', 'team', '--clusterrole=app-developer', '--user=devon'])
  await admin.run(['create', 'clusterrolebinding', 'viewer', '--clusterrole=fleet-viewer', '--user=vera'])
  await admin.run(['create', 'clusterrolebinding', 'keeper', '--clusterrole=fleet-admin', '--user=kim'])
  assert.equal(await may('devon', 'create', 'resourceplacements', '-n', 'team'), true)
  assert.equal(await may('devon', 'create', 'deployments', '-n', 'team'), true)
  assert.equal(await may('devon', 'create', 'clusterresourceplacements'), false)
  assert.equal(await may('devon', 'create', 'roles', '-n', 'team'), false)
  assert.equal(await may('vera', 'list', 'memberclusters'), true)
  assert.equal(await may('vera', 'delete', 'memberclusters'), false)
  assert.equal(await may('kim', 'delete', 'memberclusters'), true)
  assert.equal(await may('kim', 'get', 'secrets', '-n', 'team'), false)
})

test('a restart keeps certificates, tokens and roles', async () => {
  const bot = holding('bot', (await admin.run(['create', 'token', 'bot', '-n', 'team'])).trim())
  const port = new URL(hub.url).port
  await hub.stop('SIGTERM')
  hub = await startHub(folder, ['--tls', '--members', '0', '--no-example', '--port', port])
  assert.match(await bot.run(['auth', 'whoami']), /team:bot/)
  assert.equal((await bot.try(['get', 'configmaps', '-n', 'team'])).code, 0)
})
