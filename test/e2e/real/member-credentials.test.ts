// What a real API server makes of good, wrong, expired and weak credentials, and of being away.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type KubeMemberClusters, kubeMemberClusters } from '../../../shared/adapters/kube/member-clusters.ts'
import { systemClock } from '../../../shared/adapters/memory/system.ts'
import { InvalidInputError, TransientError } from '../../../shared/errors.ts'
import { type ControlPlanes, type RealCluster, startControlPlanes } from '../../support/control-plane.ts'
import { kubectl } from '../../support/kubectl.ts'

let planes: ControlPlanes
let cluster: RealCluster
let members: KubeMemberClusters
before(async () => {
  planes = await startControlPlanes([{ name: 'member-1', controllers: [] }])
  cluster = planes.cluster('member-1')
  members = kubeMemberClusters({ clock: systemClock, limits: { timeoutMs: 2_000, probeMs: 2_000 } })
})
after(async () => {
  members.close()
  await planes.stop()
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const probe = async (kubeconfig: string) => (await members.connect('member-1', kubeconfig)).probe()
async function failure(kubeconfig: string): Promise<Error> {
  const error = await probe(kubeconfig).then(
    () => assert.fail('the probe went through'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  assert.ok(!error.message.includes(cluster.token))
  return error
}
async function complaint(kubeconfig: string): Promise<string> {
  const error = await failure(kubeconfig)
  assert.ok(error instanceof InvalidInputError, `${error.name}: ${error.message}`)
  const secret = 'Secret `member-1-kubeconfig` in `fleet-system`, key `value`: '
  assert.ok(error.message.startsWith(secret), error.message)
  return error.message.slice(secret.length)
}
const certified = async (user: string, group: string, days?: number) => {
  const { cert, key } = await cluster.clientCertificate(user, group, days)
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) }
}

test('gets in with a token and with a client certificate', async () => {
  assert.match((await probe(cluster.kubeconfig)).version, /^v1\./)
  assert.match((await probe(cluster.kubeconfigFor(await certified('ann', 'system:masters')))).version, /^v1\./)
})

test('gets in with a service account token, and says when that has expired', async () => {
  const admin = kubectl(cluster.kubeconfigPath)
  await admin.run(['create', 'serviceaccount', 'hub'])
  await admin.run([
    'create',
    'clusterrolebinding',
    'hub',
    '--clusterrole=cluster-admin',
    '--serviceaccount=default:hub',
  ])
  const token = (await admin.run(['create', 'token', 'hub'])).trim()
  assert.match((await probe(cluster.kubeconfigFor({ token }))).version, /^v1\./)
  const [head, body = '', signature] = token.split('.')
  const claims: Record<string, unknown> = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  const old = Buffer.from(JSON.stringify({ ...claims, exp: 1_700_000_000 })).toString('base64url')
  assert.equal(
    await complaint(cluster.kubeconfigFor({ token: `${head}.${old}.${signature}` })),
    'users[0].user.token expired on 2023-11-14T22:13:20Z',
  )
})

test('says which credential the API server does not take', async () => {
  const wants: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ token: 'wrong' }, /^the API server does not accept users\[0\]\.user\.token$/],
    [{ username: 'ann', password: 'hunter2' }, /^users\[0\]\.user\.username or users\[0\]\.user\.password is wrong$/],
    [{}, /^users\[0\]\.user holds no credentials: it needs a token/],
    [await certified('ann', 'system:masters', -1), /^users\[0\]\.user\.client-certificate-data expired on \d{4}-/],
  ]
  for (const [user, want] of wants) assert.match(await complaint(cluster.kubeconfigFor(user)), want)
  const [one, other] = [await certified('ann', 'a'), await certified('ann', 'a')]
  assert.equal(
    await complaint(cluster.kubeconfigFor({ ...one, 'client-key-data': other['client-key-data'] })),
    'users[0].user.client-key-data does not belong to client-certificate-data',
  )
})

test('names the right a weak user lacks', async () => {
  const text = await complaint(cluster.kubeconfigFor(await certified('bob', 'viewers')))
  assert.match(
    text,
    /^users\[0\]\.user may not read what a probe needs: .* is forbidden: User "bob" cannot list resource/,
  )
})

test('trusts the authority it was given and no other', async () => {
  const user = { token: cluster.token }
  const none = { 'certificate-authority-data': undefined }
  assert.match(
    await complaint(cluster.kubeconfigFor(user, none)),
    /^clusters\[0\]\.cluster\.certificate-authority-data does not vouch for the certificate of 127\.0\.0\.1:\d+ \(/,
  )
  const { cert } = await cluster.clientCertificate('self', 'nobody')
  assert.match(
    await complaint(cluster.kubeconfigFor(user, { 'certificate-authority-data': base64(cert) })),
    /certificate-authority-data does not vouch/,
  )
  assert.match((await probe(cluster.kubeconfigFor(user, { ...none, 'insecure-skip-tls-verify': true }))).version, /^v1/)
  assert.match(
    await complaint(cluster.kubeconfigFor(user, { 'tls-server-name': 'other.example' })),
    /^clusters\[0\]\.cluster\.tls-server-name names other\.example, which the certificate of the API server does not/,
  )
  assert.match(
    await complaint(cluster.kubeconfigFor(user, { server: cluster.server.replace('127.0.0.1', 'localhost') })),
    /^clusters\[0\]\.cluster\.server names localhost/,
  )
  assert.match(
    await complaint(cluster.kubeconfigFor(user, { server: cluster.server.replace('https', 'http') })),
    /says http, but 127\.0\.0\.1:\d+ speaks TLS/,
  )
})

test('takes a member that is down, hangs or is elsewhere for one that may come back', async () => {
  const wants = async (kubeconfig: string, want: RegExp) => {
    const error = await failure(kubeconfig)
    assert.ok(error instanceof TransientError, `${error.name}: ${error.message}`)
    assert.match(error.message, want)
  }
  const user = { token: cluster.token }
  await wants(
    cluster.kubeconfigFor(user, { server: `${cluster.server}/elsewhere` }),
    /does not serve the Kubernetes API under the path/,
  )
  await wants(
    cluster.kubeconfigFor(user, { server: 'https://nobody.invalid' }),
    /nobody\.invalid cannot be reached: the host name does not resolve/,
  )
  cluster.pause()
  await wants(cluster.kubeconfig, /^no answer from 127\.0\.0\.1:\d+ in 2000 ms$/)
  cluster.resume()
  await cluster.stopApiServer()
  await wants(cluster.kubeconfig, /cannot be reached: connection (refused|reset)$/)
  await cluster.startApiServer()
  assert.equal((await probe(cluster.kubeconfig)).ready, true)
})
