// A throwaway etcd and kube-apiserver on loopback, from the folder KUBEBUILDER_ASSETS names.
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface StartedServer {
  readonly server: string
  readonly token: string
  stop(): Promise<void>
}

const startupMs = 60_000

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function isReady(server: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      `${server}/readyz`,
      { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      },
    )
    call.on('error', () => resolve(false))
    call.end()
  })
}

/** Nothing of a throwaway server is worth a graceful end. */
function stopProcess(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

/** Throws when KUBEBUILDER_ASSETS is not set or the server is not ready within a minute. */
export async function startServer(): Promise<StartedServer> {
  const assets = process.env['KUBEBUILDER_ASSETS']
  if (!assets)
    throw new Error('give --server and --token, or set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver')
  const folder = mkdtempSync(join(tmpdir(), 'hubless-kinds-'))
  const token = randomUUID()
  const [client, peer, port] = await Promise.all([freePort(), freePort(), freePort()])
  const etcdUrl = `http://127.0.0.1:${client}`
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }))
  writeFileSync(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`)
  const peerUrl = `http://127.0.0.1:${peer}`
  const run = (name: string, args: readonly string[]) => spawn(join(assets, name), args, { stdio: 'ignore' })
  const children = [
    run('etcd', [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
    ]),
    run('kube-apiserver', [
      `--etcd-servers=${etcdUrl}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${folder}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${join(folder, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      '--endpoint-reconciler-type=none',
    ]),
  ]
  const stop = async () => {
    await Promise.all(children.map(stopProcess))
    rmSync(folder, { recursive: true, force: true })
  }
  const server = `https://127.0.0.1:${port}`
  const deadline = Date.now() + startupMs
  while (!(await isReady(server, token))) {
    if (Date.now() > deadline) {
      await stop()
      throw new Error(`kube-apiserver was not ready within ${startupMs / 1000} s`)
    }
    await sleep(250)
  }
  return { server, token, stop }
}
