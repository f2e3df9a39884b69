// Kubeconfigs: read from a user's file with what it points to, written for kubectl and for the hub's Secrets.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { kubeconfigText, readAccess, readKubeconfigFile, writeKubeconfig } from '../../../infra/local/up/kubeconfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'hubless-kubeconfig-'))
after(() => rmSync(folder, { recursive: true }))

const text = `
current-context: b
contexts:
  - { name: a, context: { cluster: one, user: me } }
  - { name: b, context: { cluster: two, user: you } }
clusters:
  - { name: one, cluster: { server: "https://one" } }
  - { name: two, cluster: { server: "https://two", certificate-authority: ca.pem } }
users:
  - { name: me, user: { token: mine } }
  - { name: you, user: { client-key: key.pem, client-certificate-data: QQ== } }
`

test('the current context is taken, with its files inside', () => {
  writeFileSync(join(folder, 'ca.pem'), 'authority')
  writeFileSync(join(folder, 'key.pem'), 'key')
  writeFileSync(join(folder, 'config'), text)
  const access = readKubeconfigFile('real', join(folder, 'config'))
  assert.deepEqual(access, {
    name: 'real',
    cluster: { server: 'https://two', 'certificate-authority-data': Buffer.from('authority').toString('base64') },
    user: { 'client-key-data': Buffer.from('key').toString('base64'), 'client-certificate-data': 'QQ==' },
  })
  assert.deepEqual(readAccess('real', kubeconfigText([access]), 'again'), access)
})

test('the first cluster is the current one, and only the owner may read the file', () => {
  const path = join(folder, 'out')
  const clusters = ['hub', 'member-1'].map((name) => ({ name, cluster: { server: `http://${name}` }, user: {} }))
  writeKubeconfig(path, clusters)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const written = parse(kubeconfigText(clusters))
  assert.equal(written['current-context'], 'hub')
  assert.deepEqual(
    written.contexts.map(({ name }: { name: string }) => name),
    ['hub', 'member-1'],
  )
})

for (const [content, words] of [
  ['{', /x is not YAML/],
  ['a: b', /x is no kubeconfig: current-context/],
  [text.replace('current-context: b', 'current-context: c'), /x: its current-context must name a context/],
  [text, /x: certificate-authority cannot be read/],
] as const) {
  test(`refused: ${words.source}`, () => {
    assert.throws(() => readAccess('n', content, 'x', '/nowhere'), words)
  })
}
