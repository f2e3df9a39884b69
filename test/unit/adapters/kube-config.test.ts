import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKubeconfig } from '../../../shared/adapters/kube/kubeconfig.ts'
import { InvalidInputError } from '../../../shared/errors.ts'
import { kubeconfigText } from '../../support/control-plane.ts'

const secret = 'Secret `member-1-kubeconfig` in `fleet-system`, key `value`: '

function complaint(text: string): string {
  try {
    parseKubeconfig('member-1', text)
  } catch (error) {
    assert.ok(error instanceof InvalidInputError)
    assert.ok(error.message.startsWith(secret), error.message)
    return error.message.slice(secret.length)
  }
  return 'accepted'
}
const server = 'https://member.example:6443'
const withUser = (user: Record<string, unknown>) => kubeconfigText('m', { server }, user)
const withCluster = (cluster: Record<string, unknown>) => kubeconfigText('m', { server, ...cluster }, { token: 'abc' })

test('accepts a token, http servers and path prefixes', () => {
  assert.equal(complaint(withUser({ token: 'abc' })), 'accepted')
  const prefixed = parseKubeconfig('member-1', withCluster({ server: 'http://127.0.0.1:7072/clusters/member-1' }))
  assert.equal(prefixed.server.pathname, '/clusters/member-1')
})

test('reads YAML as kubectl writes it, and ignores fields it does not know', () => {
  const text = `
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: b
contexts:
- {name: a, context: {cluster: x, user: u, namespace: n}}
- {name: b, context: {cluster: y, user: u}}
clusters:
- {name: x, cluster: {server: https://x.example}}
- {name: y, cluster: {server: https://y.example, extensions: []}}
users:
- {name: u, user: {token: abc}}
`
  const parsed = parseKubeconfig('member-1', text)
  assert.equal(parsed.server.host, 'y.example')
  assert.equal(parsed.clusterPath, 'clusters[1].cluster')
})

test('says which field is wrong', () => {
  const wants: readonly (readonly [string, string])[] = [
    ['', 'is empty; it must hold a kubeconfig'],
    ['a: [', 'is not YAML: BAD_INDENT at line 1'],
    ['hello', 'the kubeconfig is wrong: Invalid input: expected object, received string'],
    [
      withUser({ token: 'a b' }),
      'users[0].user.token has characters a bearer token cannot have, such as a space or a line break',
    ],
    [withUser({ password: 'x' }), 'users[0].user.username is missing, but password is there'],
    [
      withUser({ 'client-key-data': 'eA==' }),
      'users[0].user.client-certificate-data is missing, but client-key-data is there',
    ],
    [
      withUser({ 'client-certificate-data': 'eA==' }),
      'users[0].user.client-key-data is missing, but client-certificate-data is there',
    ],
    [
      withUser({ 'client-certificate-data': 'eA==', 'client-key-data': 'eA==' }),
      'users[0].user.client-certificate-data is not a PEM certificate in base64',
    ],
    [
      withCluster({ server: 'ftp://x' }),
      'clusters[0].cluster.server must be a URL that begins with https:// or http://',
    ],
    [
      withCluster({ server: 'https://u:p@x' }),
      'clusters[0].cluster.server holds credentials; put them in users[].user',
    ],
    [withCluster({ server: 'https://x?y=1' }), 'clusters[0].cluster.server must end with its path, without ? or #'],
    [
      withCluster({ 'certificate-authority-data': 'eA==' }),
      'clusters[0].cluster.certificate-authority-data is not a PEM certificate in base64',
    ],
    [
      withCluster({ 'proxy-url': 'http://p' }),
      'clusters[0].cluster.proxy-url is not supported: the hub must reach the API server directly',
    ],
    [
      kubeconfigText('m', { server }, {}).replace('"current-context": "m"', '"current-context": "z"'),
      'current-context names "z", which is not among contexts',
    ],
  ]
  for (const [text, want] of wants) assert.equal(complaint(text), want)
})

test('refuses whatever would run a program or read a file of the hub', () => {
  for (const field of [
    'exec',
    'auth-provider',
    'tokenFile',
    'token-file',
    'client-certificate',
    'client-key',
    'as-groups',
  ])
    assert.match(complaint(withUser({ [field]: 'x' })), new RegExp(`^users\\[0\\]\\.user\\.${field} `))
  assert.match(
    complaint(withCluster({ 'certificate-authority': '/etc/passwd' })),
    /^clusters\[0\]\.cluster\.certificate-authority names a file/,
  )
})

test('never repeats a secret, whatever is wrong with the text', () => {
  const hidden = 'hunter2-hunter2'
  const texts = [
    `users:\n- name: u\n  user:\n   token: ${hidden}\n  - x`,
    `token: "${hidden}`,
    `${hidden}: *${hidden}`,
    withUser({ token: `${hidden} ` }),
    withUser({ 'client-certificate-data': hidden, 'client-key-data': hidden }),
    withCluster({ server: `https://u:${hidden}@x` }),
    withCluster({ server: { [hidden]: 1 } }),
  ]
  for (const text of texts) {
    const message = complaint(text)
    assert.notEqual(message, 'accepted')
    assert.ok(!message.includes(hidden), message)
  }
})

test('is not fooled by aliases that multiply, nor by a prototype', () => {
  const bomb = [
    'a0: &a0 [x]',
    ...Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`),
  ]
  assert.equal(complaint(bomb.join('\n')), 'is not usable YAML: it refers to itself or repeats an alias too often')
  assert.notEqual(complaint(`{"__proto__": ${withUser({ token: 'abc' })}}`), 'accepted')
})
