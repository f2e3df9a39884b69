// The certificates a local hub makes for itself, as a TLS client sees them.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect } from 'node:tls'
import { isGood, makeAuthority, makeServer } from '../../../infra/local/up/certificate.ts'
import { localCredentials } from '../../../infra/local/up/credentials.ts'

const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const file = (name: string): string => join(folder, name)

test('a client that trusts the authority reaches the server by every local name, and by no other', async () => {
  const credentials = localCredentials(file)
  const server = createServer(credentials.server).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const reach = (ca: string, servername: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', ca, servername }, () => {
        resolve('reached')
        socket.end()
      })
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
  assert.equal(await reach(credentials.ca, 'localhost'), 'reached')
  assert.equal(await reach(credentials.ca, ''), 'reached')
  assert.equal(await reach(credentials.ca, 'elsewhere.example'), 'ERR_TLS_CERT_ALTNAME_INVALID')
  assert.notEqual(await reach(makeAuthority(Date.now()).cert, 'localhost'), 'reached')
  await new Promise((resolve) => server.close(resolve))
})

test('a restart finds the same authority, server and token; keys are for their owner only', () => {
  assert.deepEqual(localCredentials(file), localCredentials(file))
  for (const name of ['ca.key', 'server.key', 'admin-token']) assert.equal(statSync(file(name)).mode & 0o077, 0, name)
  assert.match(readFileSync(file('admin-token'), 'utf8'), /^[0-9a-f]{64}\n$/)
})

test('a certificate is good while it lasts, and under its own authority alone', () => {
  const [mine, other] = [makeAuthority(Date.now()), makeAuthority(Date.now())]
  const server = makeServer(mine, Date.now())
  const day = 24 * 3_600_000
  assert.equal(isGood(server, mine, Date.now() + 396 * day), true)
  assert.equal(isGood(server, mine, Date.now() + 398 * day), false)
  assert.equal(isGood(server, other, Date.now()), false)
  assert.equal(isGood(mine, undefined, Date.now() + 3_000 * day), true)
})
