// Real Kubernetes control planes for tests: one etcd, and for each cluster an API server with the controllers it needs.
// Everything listens on loopback, lives in one temporary folder and ends with the test.
import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePorts, type Running, startProcess } from './processes.ts'

const run = promisify(execFile)

/** What makes member clusters lose their leftovers: namespaces end, owned objects go with their owners. */
const baseControllers = ['namespace-controller', 'garbage-collector-controller']
/** What brings workloads to life, together with simulated nodes. */
const workloadControllers = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'job-controller',
  'cronjob-controller',
  'serviceaccount-controller',
  'root-ca-certificate-publisher-controller',
  'endpointslice-controller',
  'disruption-controller',
]

/** One cluster to start. */
export interface ClusterSpec {
  readonly name: string
  /** Names of kube-controller-manager controllers; default namespaces and garbage collection. `[]` starts none. */
  readonly controllers?: readonly string[]
  /**
   * Adds the workload controllers and `nodes` (default 1) simulated nodes on which pods turn ready within a second,
   * but for those whose image name contains `never-pulls`.
   */
  readonly workloads?: boolean
  readonly nodes?: number
  /** More flags for kube-apiserver. */
  readonly apiServerFlags?: readonly string[]
}

/** A running cluster. */
export interface RealCluster {
  readonly name: string
  /** `https://127.0.0.1:<port>` */
  readonly server: string
  readonly ca: string
  /** A bearer token of group system:masters. */
  readonly token: string
  /** Of the administrator, as text and as a file. The context is named like the cluster. */
  readonly kubeconfig: string
  readonly kubeconfigPath: string
  /** A kubeconfig for other credentials, e.g. `{ token: 'wrong' }` or what `clientCertificate` made. */
  kubeconfigFor(user: Readonly<Record<string, unknown>>, cluster?: Readonly<Record<string, unknown>>): string
  /** A client certificate the API server trusts; negative `days` make one that has expired. */
  clientCertificate(user: string, group: string, days?: number): Promise<{ cert: string; key: string }>
  /** Kills the API server: connections are refused until `startApiServer`. What etcd holds stays. */
  stopApiServer(): Promise<void>
  startApiServer(): Promise<void>
  /** Freezes the API server: connections are accepted and never answered, until `resume`. */
  pause(): void
  resume(): void
}

/** Running clusters that stop together; `await using` stops them too. */
export interface ControlPlanes extends AsyncDisposable {
  /** In the order asked for. */
  readonly clusters: readonly RealCluster[]
  /** The cluster of that name; throws when there is none. */
  cluster(name: string): RealCluster
  readonly folder: string
  /** Every program that was started, for those who measure them. */
  readonly processes: readonly Running[]
  stop(): Promise<void>
}

/** True when the programs are there; the test runner leaves out suites below test/e2e/real/ otherwise. */
export function haveControlPlane(): boolean {
  const assets = process.env['KUBEBUILDER_ASSETS']
  return assets !== undefined && existsSync(join(assets, 'kube-apiserver'))
}

/** Path of a program in KUBEBUILDER_ASSETS. Throws when the variable is unset or the program is missing. */
export function asset(program: string): string {
  const assets = process.env['KUBEBUILDER_ASSETS']
  if (!assets) throw new Error('KUBEBUILDER_ASSETS is not set: it names a folder with etcd, kube-apiserver and kubectl')
  const path = join(assets, program)
  if (!existsSync(path)) throw new Error(`KUBEBUILDER_ASSETS has no ${program}: ${path}`)
  return path
}

/**
 * Starts clusters side by side and resolves when every API server is ready and the nodes exist. About 3 s of processor
 * time and 300 MB each. On failure everything is stopped and the error ends with the log of what did not start.
 */
export async function startControlPlanes(
  specs: readonly ClusterSpec[] = [{ name: 'member-1' }],
): Promise<ControlPlanes> {
  const folder = mkdtempSync(join(tmpdir(), 'control-plane-'))
  const processes: Running[] = []
  const atStop: (() => void)[] = []
  const stop = async () => {
    for (const end of atStop) end()
    await Promise.all(processes.map((process) => process.stop('SIGKILL')))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const shared: Shared = { folder, processes, atStop, ...(await startShared(folder, processes)) }
    const clusters = await Promise.all(specs.map((spec) => startCluster(spec, shared)))
    const cluster = (name: string) => {
      const found = clusters.find((candidate) => candidate.name === name)
      if (!found) throw new Error(`no cluster ${name}; there are ${clusters.map((each) => each.name).join(', ')}`)
      return found
    }
    return { clusters, cluster, folder, processes, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Shared {
  readonly folder: string
  readonly etcd: string
  readonly processes: Running[]
  readonly atStop: (() => void)[]
  readonly clientCa: { readonly cert: string; readonly key: string }
}

async function startShared(folder: string, processes: Running[]): Promise<Pick<Shared, 'etcd' | 'clientCa'>> {
  const serviceAccounts = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  writeFileSync(join(folder, 'sa.key'), serviceAccounts.privateKey, { mode: 0o600 })
  writeFileSync(join(folder, 'sa.pub'), serviceAccounts.publicKey)
  const [clientCa, etcd] = await Promise.all([makeClientCa(folder), startEtcd(folder, processes)])
  return { etcd, clientCa }
}

async function startEtcd(folder: string, processes: Running[]): Promise<string> {
  const [client, peer] = await freePorts(2)
  const clientUrl = `http://127.0.0.1:${client}`
  const peerUrl = `http://127.0.0.1:${peer}`
  const etcd = startProcess(folder, 'etcd', asset('etcd'), [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    '--unsafe-no-fsync',
  ])
  processes.push(etcd)
  await until(etcd, async () => (await fetch(`${clientUrl}/health`)).ok)
  return clientUrl
}

async function startCluster(spec: ClusterSpec, shared: Shared): Promise<RealCluster> {
  const folder = join(shared.folder, spec.name)
  mkdirSync(folder)
  const [port, controllerPort, kwokPort] = await freePorts(3)
  const token = randomBytes(16).toString('hex')
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 })
  const server = `https://127.0.0.1:${port}`
  const caPath = join(folder, 'apiserver.crt')
  let api: Running | undefined
  const startApiServer = async () => {
    const flags = apiServerFlags(spec, shared, folder, port ?? 0)
    const started = startProcess(folder, 'kube-apiserver', asset('kube-apiserver'), flags)
    shared.processes.push(started)
    api = started
    await until(started, () => isReady(server, caPath, token))
  }
  await startApiServer()
  const ca = readFileSync(caPath, 'utf8')
  const kubeconfigFor: RealCluster['kubeconfigFor'] = (user, cluster) =>
    kubeconfigText(spec.name, { server, 'certificate-authority-data': base64(ca), ...cluster }, user)
  const kubeconfig = kubeconfigFor({ token })
  const kubeconfigPath = join(folder, 'kubeconfig')
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 })
  const call: Call = (method, path, body) => callApi({ server, caPath, token }, method, path, body)
  startControllers(spec, shared, folder, { kubeconfigPath, controllerPort, kwokPort })
  if (spec.workloads) {
    await createNodes(call, spec.nodes ?? 1)
    shared.atStop.push(bindPods(call, spec.nodes ?? 1))
  }
  return {
    name: spec.name,
    server,
    ca,
    token,
    kubeconfig,
    kubeconfigPath,
    kubeconfigFor,
    clientCertificate: (user, group, days = 1) => makeClientCertificate(shared, user, group, days),
    stopApiServer: async () => api?.stop('SIGKILL'),
    startApiServer,
    pause: () => api?.signal('SIGSTOP'),
    resume: () => api?.signal('SIGCONT'),
  }
}

function apiServerFlags(spec: ClusterSpec, shared: Shared, folder: string, port: number): readonly string[] {
  return [
    `--etcd-servers=${shared.etcd}`,
    `--etcd-prefix=/${spec.name}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${folder}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    `--client-ca-file=${shared.clientCa.cert}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(shared.folder, 'sa.pub')}`,
    `--service-account-signing-key-file=${join(shared.folder, 'sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--endpoint-reconciler-type=none',
    '--profiling=false',
    // Pods need their default service account only where a controller makes one.
    ...(spec.workloads ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...(spec.apiServerFlags ?? []),
  ]
}

interface ControllerPorts {
  readonly kubeconfigPath: string
  readonly controllerPort: number | undefined
  readonly kwokPort: number | undefined
}

function startControllers(spec: ClusterSpec, shared: Shared, folder: string, ports: ControllerPorts): void {
  const controllers = [...(spec.controllers ?? baseControllers), ...(spec.workloads ? workloadControllers : [])]
  const start = (program: string, flags: readonly string[]) => {
    const args = [`--kubeconfig=${ports.kubeconfigPath}`, ...flags]
    shared.processes.push(startProcess(folder, program, asset(program), args))
  }
  if (controllers.length > 0) {
    start('kube-controller-manager', [
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.controllerPort}`,
      `--service-account-private-key-file=${join(shared.folder, 'sa.key')}`,
      `--root-ca-file=${join(folder, 'apiserver.crt')}`,
      '--use-service-account-credentials=false',
      `--controllers=${controllers.join(',')}`,
    ])
  }
  if (!spec.workloads) return
  const stages = join(import.meta.dirname, 'kwok-stages.yaml')
  start('kwok', ['--manage-all-nodes=true', `--config=${stages}`, `--server-address=127.0.0.1:${ports.kwokPort}`])
}

/**
 * Gives waiting pods to the nodes in turn. The nodes are alike and roomy, so this decides what a scheduler would, and
 * saves each cluster another 100 MB. Returns what ends it.
 */
function bindPods(call: Call, nodeCount: number): () => void {
  let turn = 0
  const round = async () => {
    const { code, text } = await call('GET', '/api/v1/pods?limit=500&fieldSelector=spec.nodeName%3D')
    if (code !== 200) return
    const { items } = JSON.parse(text) as { items: { metadata: { namespace: string; name: string } }[] }
    for (const { metadata } of items) {
      turn += 1
      await call('POST', `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: metadata.name, namespace: metadata.namespace },
        target: { apiVersion: 'v1', kind: 'Node', name: `node-${turn % nodeCount}` },
      })
    }
  }
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    // The API server may be stopped by the test; the next round looks again.
    void round()
      .catch(() => undefined)
      .finally(() => {
        busy = false
      })
  }, 200)
  timer.unref()
  return () => clearInterval(timer)
}

/** Nodes that kwok keeps ready. 32 cores and 256 GiB each, so that scheduling never fails for want of room. */
async function createNodes(call: Call, count: number): Promise<void> {
  const amounts = { cpu: '32', memory: '256Gi', pods: '110' }
  for (let index = 0; index < count; index += 1) {
    const name = `node-${index}`
    await call('POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, type: 'kwok' } },
      status: { capacity: amounts, allocatable: amounts },
    })
    // Admission taints a new node; the controller that would lift this does not run.
    await call('PATCH', `/api/v1/nodes/${name}`, { spec: { taints: null } })
  }
}

type Call = (method: string, path: string, body?: unknown) => Promise<{ code: number; text: string }>

function callApi(
  target: { server: string; caPath: string; token: string },
  method: string,
  path: string,
  body?: unknown,
): ReturnType<Call> {
  return new Promise((resolve, reject) => {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const headers = { authorization: `Bearer ${target.token}`, 'content-type': contentType }
    const ca = readFileSync(target.caPath)
    const sent = request(`${target.server}${path}`, { method, headers, ca, agent: false }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () => resolve({ code: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }))
      answer.on('error', reject)
    })
    sent.on('error', reject)
    sent.setTimeout(5_000, () => sent.destroy(new Error(`${method} ${path}: no answer in 5 s`)))
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Ready, and past the bootstrap that creates the roles and the namespaces every cluster has. */
async function isReady(server: string, caPath: string, token: string): Promise<boolean> {
  if (!existsSync(caPath)) return false
  const target = { server, caPath, token }
  if ((await callApi(target, 'GET', '/readyz')).code !== 200) return false
  return (await callApi(target, 'GET', '/api/v1/namespaces/default')).code === 200
}

/** Polls until `check` holds; throws with the process's log when it ended or 60 s have passed. */
async function until(process: Running, check: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (process.alive() && Date.now() < deadline) {
    if (await check().catch(() => false)) return
    await delay(50)
  }
  throw new Error(`${process.name} ${process.alive() ? 'is not ready after 60 s' : 'ended'}:\n${process.log()}`)
}

/** A kubeconfig with one cluster, one user and one context of the same name. JSON is YAML too. */
export function kubeconfigText(
  name: string,
  cluster: Readonly<Record<string, unknown>>,
  user: Readonly<Record<string, unknown>>,
): string {
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    },
    null,
    2,
  )}\n`
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

async function makeClientCa(folder: string): Promise<Shared['clientCa']> {
  const cert = join(folder, 'client-ca.crt')
  const key = join(folder, 'client-ca.key')
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=test-client-ca', '-days', '2', '-keyout', key, '-out', cert],
  ])
  return { cert, key }
}

async function makeClientCertificate(shared: Shared, user: string, group: string, days: number) {
  const base = join(shared.folder, `client-${randomBytes(6).toString('hex')}`)
  await run('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', `/O=${group}/CN=${user}`, '-keyout', `${base}.key`, '-out', `${base}.csr`],
  ])
  await run('openssl', [
    ...['x509', '-req', '-in', `${base}.csr`, '-CA', shared.clientCa.cert, '-CAkey', shared.clientCa.key],
    ...['-CAcreateserial', '-days', String(days), '-out', `${base}.crt`],
  ])
  return { cert: readFileSync(`${base}.crt`, 'utf8'), key: readFileSync(`${base}.key`, 'utf8') }
}
