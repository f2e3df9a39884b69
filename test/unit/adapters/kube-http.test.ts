// The adapter against servers that answer as badly as servers do.
import assert from 'node:assert/strict'
import { createServer, type RequestListener, type Server } from 'node:http'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createDiscovery } from '../../../shared/adapters/kube/discovery.ts'
import { type KubeMemberLimits, kubeMemberClusters } from '../../../shared/adapters/kube/member-clusters.ts'
import { ManualClock } from '../../../shared/adapters/memory/manual-clock.ts'
import { systemClock } from '../../../shared/adapters/memory/system.ts'
import { InvalidInputError, TransientError } from '../../../shared/errors.ts'
import { type MemberCluster, MemberRefusal } from '../../../shared/ports/member-cluster.ts'
import { kubeconfigText } from '../../support/control-plane.ts'

const token = 'tok-3f9a2c'
const clock = new ManualClock()
const servers: Server[] = []
after(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}
async function memberAt(url: string, limits: Partial<KubeMemberLimits> = {}): Promise<MemberCluster> {
  const members = kubeMemberClusters({ clock: systemClock, limits: { timeoutMs: 2_000, ...limits } })
  return members.connect('member-1', kubeconfigText('m', { server: url }, { token }))
}
async function member(listener: RequestListener, limits: Partial<KubeMemberLimits> = {}): Promise<MemberCluster> {
  return memberAt(await listen(listener), limits)
}
const resource = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true }
const ref = { resource, namespace: 'default', name: 'a' }
const status = (code: number, reason: string, message: string) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code })
const answering =
  (code: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body)

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    (value) => assert.fail(`answered ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof Error)
  assert.ok(!error.message.includes(token), 'the token is not told')
  assert.ok(!JSON.stringify(error.cause ?? '').includes(token))
  return error
}

test('keeps a path prefix, names the hub, and sends the token', async () => {
  const seen: (string | undefined)[] = []
  const url = await listen((request, response) => {
    seen.push(request.url, request.headers.authorization, request.headers['user-agent'])
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }))
  })
  const there = await memberAt(`${url}/clusters/member-1/`)
  await there.write(
    ref,
    { verb: 'apply', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }, force: true },
    { dryRun: true },
  )
  assert.deepEqual(seen, [
    '/clusters/member-1/api/v1/namespaces/default/configmaps/a?fieldManager=hubless&dryRun=All&force=true',
    `Bearer ${token}`,
    'hubless',
  ])
})

/** A list that answers where the collection stands, and a watch that behaves as the test says. */
const watching =
  (watch: RequestListener): RequestListener =>
  (request, response) =>
    request.url?.includes('watch=true')
      ? watch(request, response)
      : void response
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ kind: 'PartialObjectMetadataList', metadata: { resourceVersion: '7' }, items: [] }))
const event = (name: string, resourceVersion: string) =>
  `${JSON.stringify({ type: 'MODIFIED', object: { metadata: { name, resourceVersion } } })}\n`

test('a watch of a hostile member ends: garbage, a line without end, a redirect, silence, a flood', async () => {
  const listen = async (from: string, watch: RequestListener, limits: Partial<KubeMemberLimits> = {}) => {
    const heard: string[] = []
    const hub = await member(watching(watch), limits)
    const end = hub.watch(resource, { from, forMs: 1_000 }, ({ metadata }) => void heard.push(metadata.name ?? ''))
    return { heard, end }
  }
  const garbage = await listen('7', (_, response) => void response.writeHead(200).end('<html>no</html>\n'))
  assert.match((await failure(garbage.end)).message, /sent something in a watch that is no event of one/)

  const endless: RequestListener = (_, response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write('x'.repeat(65_536)), 1)
    response.on('close', () => clearInterval(more))
  }
  const long = await listen('7', endless, { answerBytes: 1_048_576 })
  assert.match((await failure(long.end)).message, /a line of the answer is longer than 1048576/)

  const moved = await listen('7', (_, response) => void response.writeHead(302, { location: '/' }).end())
  assert.match((await failure(moved.end)).message, /a redirect, which is not followed/)

  const silent = await listen('7', (_, response) => void response.writeHead(200).flushHeaders())
  assert.deepEqual([await silent.end, silent.heard], [{ resourceVersion: '7', lost: false }, []])

  const flood: RequestListener = (_, response) => {
    response.writeHead(200)
    for (let at = 8; at < 20_000; at += 1) response.write(event(`n-${at}`, String(at)))
    response.end()
  }
  const drowned = await listen('7', flood)
  assert.equal((await drowned.end).resourceVersion, '5007', 'it stops, and goes on from there the next time')

  const gone = await listen('1', (_, response) => {
    const error = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }
    response.writeHead(200).end(`${JSON.stringify(error)}\n`)
  })
  assert.equal((await gone.end).lost, true)
})

test('uses one connection again and again', async () => {
  const ports = new Set<number | undefined>()
  const there = await member((request, response) => {
    ports.add(request.socket.remotePort)
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }))
  })
  for (let call = 0; call < 5; call += 1) await there.get(ref)
  assert.equal(ports.size, 1)
})

test('tries anew when the server closed a kept connection meanwhile', async () => {
  let calls = 0
  const there = await member((request, response) => {
    calls += 1
    if (calls === 2) return void request.socket.resetAndDestroy()
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }))
  })
  await there.get(ref)
  assert.equal((await there.get(ref))?.metadata.name, 'a')
  assert.equal(calls, 3)
})

test('follows no redirect', async () => {
  let elsewhere = 0
  const other = await listen((_request, response) => {
    elsewhere += 1
    response.end('{}')
  })
  const there = await member(answering(302, '', { location: other }))
  const error = await failure(there.get(ref))
  assert.ok(error instanceof TransientError)
  assert.match(error.message, /answered 302, a redirect, which is not followed: clusters\[0\]\.cluster\.server/)
  assert.equal(elsewhere, 0)
})

test('stops reading an answer that is too large, packed or not', async () => {
  const big = JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a' },
    data: { a: 'x'.repeat(200_000) },
  })
  const limits = { answerBytes: 100_000 }
  for (const listener of [answering(200, big), answering(200, gzipSync(big), { 'content-encoding': 'gzip' })]) {
    const error = await failure((await member(listener, limits)).get(ref))
    assert.ok(error instanceof TransientError)
    assert.equal(error.message, 'the answer is larger than 100000 bytes, the most the hub reads')
  }
  const packed = answering(200, gzipSync(big), { 'content-encoding': 'gzip' })
  assert.equal((await (await member(packed)).get(ref))?.metadata.name, 'a')
})

test('takes a broken answer for a passing one, without repeating it', async () => {
  const bodies: readonly (readonly [RequestListener, RegExp])[] = [
    [answering(200, '<html>secret</html>', { 'content-type': 'text/html' }), /not JSON \(text\/html\)/],
    [answering(200, '[]'), /not JSON/],
    [answering(200, '{"hello":1}'), /no Kubernetes object/],
    [answering(200, 'not gzip', { 'content-encoding': 'gzip' }), /broken answer \(Z_DATA_ERROR\)/],
    [answering(404, '404 page'), /does not serve the Kubernetes API/],
    [answering(502, '<html>secret</html>'), /answered 502$/],
    [(_request, response) => void response.writeHead(200, { 'content-length': '99' }).write('{'), /no answer from 127/],
    [(request) => void request.socket.end('HTTP/9 nonsense\r\n\r\n'), /broken answer|cannot be reached/],
  ]
  for (const [listener, want] of bodies) {
    const error = await failure((await member(listener, { timeoutMs: 300 })).get(ref))
    assert.ok(error instanceof TransientError, error.message)
    assert.match(error.message, want)
    assert.ok(!error.message.includes('secret'))
  }
})

test('a 404 that is not about the object never counts as its absence', async () => {
  const there = await member((request, response) => {
    if (request.url === '/api/v1')
      return void response.end(
        JSON.stringify({ resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] }),
      )
    response.writeHead(404).end('nothing here')
  })
  assert.ok((await failure(there.get(ref))) instanceof TransientError)
  assert.ok((await failure(there.delete(ref, { propagation: 'Background' }))) instanceof MemberRefusal)
  const gone = await member((request, response) => {
    if (request.url === '/api/v1') return void response.end(JSON.stringify({ resources: [] }))
    response.writeHead(404).end('404 page not found')
  })
  assert.equal(await gone.get(ref), undefined, 'the kind itself is gone')
})

test('maps codes: what may heal, what was refused, what is wrong with the credentials', async () => {
  const wants: readonly (readonly [RequestListener, new (...args: never[]) => Error, RegExp])[] = [
    [answering(429, status(429, 'TooManyRequests', 'slow down'), { 'retry-after': '7' }), TransientError, /slow down/],
    [answering(503, status(503, 'ServiceUnavailable', 'etcd')), TransientError, /etcd/],
    [answering(500, status(500, 'InternalError', `webhook saw ${token}`)), TransientError, /webhook saw \[redacted\]/],
    [answering(422, status(422, 'Invalid', 'spec.x: Invalid')), MemberRefusal, /^spec\.x: Invalid$/],
    [answering(403, status(403, 'Forbidden', 'exceeded quota')), MemberRefusal, /quota/],
    [answering(413, 'too large'), MemberRefusal, /answered 413$/],
    [answering(401, status(401, 'Unauthorized', 'Unauthorized')), InvalidInputError, /users\[0\]\.user\.token$/],
    [
      answering(403, status(403, 'Forbidden', 'configmaps is forbidden: User "system:anonymous" cannot get')),
      InvalidInputError,
      /Secret `member-1-kubeconfig` in `fleet-system`, key `value`/,
    ],
  ]
  for (const [listener, type, want] of wants) {
    const error = await failure(
      (await member(listener)).write(ref, {
        verb: 'create',
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} },
      }),
    )
    assert.ok(error instanceof type, `${error.name}: ${error.message}`)
    assert.match(error.message, want)
  }
})

test('passes on how long to wait, in seconds or as a date, within reason', async () => {
  const wait = async (text: string) => {
    const there = await member(answering(429, status(429, 'TooManyRequests', 'slow'), { 'retry-after': text }))
    const error = await failure(there.get(ref))
    return error instanceof TransientError ? error.retryAfterMs : undefined
  }
  assert.equal(await wait('7'), 7_000)
  assert.equal(await wait('86400'), 300_000)
  assert.equal(await wait('soon'), undefined)
  const inAMinute = await wait(new Date(Date.now() + 60_000).toUTCString())
  assert.ok(inAMinute !== undefined && inAMinute > 50_000 && inAMinute <= 60_000)
})

test('gives up after its time, on the head and on the body', async () => {
  for (const listener of [
    () => undefined,
    ((_request, response) => void response.write('{')) satisfies RequestListener,
  ]) {
    const error = await failure((await member(listener, { timeoutMs: 150 })).get(ref))
    assert.ok(error instanceof TransientError)
    assert.match(error.message, /^no answer from 127\.0\.0\.1:\d+ in 150 ms$/)
  }
})

test('a probe has one deadline for all its calls', async () => {
  const there = await member(
    (request, response) => {
      if (request.url === '/version') response.end('{"gitVersion":"v1.36.3"}')
    },
    { timeoutMs: 5_000, probeMs: 200 },
  )
  const error = await failure(there.probe())
  assert.ok(error instanceof TransientError)
  assert.match(error.message, /in 200 ms$/)
})

test('a probe adds up amounts exactly, page by page, and caps namespaces', async () => {
  const node = (cpu: string, memory: string) => ({
    status: { capacity: { cpu, memory }, allocatable: { cpu, memory, pods: '10' } },
  })
  const pod = (phase: string, nodeName: string | undefined, cpu: string) => ({
    spec: { nodeName, containers: [{ resources: { requests: { cpu } } }, {}] },
    status: { phase },
  })
  const namespaces = Array.from({ length: 205 }, (_, index) => ({
    metadata: {
      name: `ns-${String(index).padStart(3, '0')}`,
      ...(index === 0 ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
      ...(index === 1
        ? {
            ownerReferences: [
              { apiVersion: 'placement.kubernetes-fleet.io/v1beta1', kind: 'AppliedWork', name: 'work-1', uid: 'u' },
            ],
          }
        : {}),
    },
  }))
  const lists: Record<string, readonly unknown[]> = {
    '/api/v1/nodes': [node('3920m', '16393240Ki'), node('4', '16Gi'), node('0.1', '1500')],
    '/api/v1/pods': [
      pod('Running', 'n', '100m'),
      pod('Succeeded', 'n', '1'),
      pod('Pending', undefined, '1'),
      pod('Pending', 'n', '1e-3'),
    ],
    '/api/v1/namespaces': namespaces,
  }
  const there = await member(
    (request, response) => {
      const url = new URL(request.url ?? '', 'http://x')
      if (url.pathname === '/version') return void response.end('{"gitVersion":"v1.36.3"}')
      if (url.pathname === '/readyz')
        return void response.writeHead(500).end('[+]ping ok\n[-]etcd failed: reason withheld\n')
      const items = lists[url.pathname] ?? []
      const at = Number(url.searchParams.get('continue') ?? 0)
      const next = at + 2 < items.length ? { continue: String(at + 2) } : {}
      response.end(JSON.stringify({ items: items.slice(at, at + 2), metadata: next }))
    },
    { perSecond: 10_000, burst: 1_000 },
  )
  const profile = await there.probe()
  assert.equal(profile.ready, false)
  assert.equal(profile.readyMessage, '[-]etcd failed: reason withheld')
  assert.equal(profile.nodeCount, 3)
  assert.deepEqual(profile.allocatable, { cpu: '8020m', memory: '33966548444', pods: '30' })
  assert.deepEqual(profile.available, { cpu: '7919m', memory: '33966548444', pods: '28' })
  assert.equal(Object.keys(profile.namespaces).length, 200)
  assert.equal(profile.namespaces['ns-001'], 'work-1')
  assert.ok(!('ns-000' in profile.namespaces))
  assert.equal(profile.namespacesTruncated, true)
})

/** Answers every list of a probe with these nodes and nothing else. */
function withNodes(nodes: readonly unknown[]) {
  return member((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://x')
    if (pathname === '/version') return void response.end('{"gitVersion":"v1.36.3"}')
    if (pathname === '/readyz') return void response.end('ok')
    response.end(JSON.stringify({ items: pathname === '/api/v1/nodes' ? nodes : [], metadata: {} }))
  })
}

test('a cluster without nodes has no cores and no memory, and says so', async () => {
  const { capacity, available, azure } = await (await withNodes([])).probe()
  assert.deepEqual([capacity, available, azure], [{ cpu: '0', memory: '0' }, { cpu: '0', memory: '0' }, undefined])
})

test('machines on Azure are counted by size; one without a size counts as undefined', async () => {
  const node = (labels: Record<string, string>, providerID = 'azure:///subscriptions/s/vm') => ({
    metadata: { name: 'n', labels },
    spec: { providerID },
  })
  const region = { 'topology.kubernetes.io/region': 'eastus' }
  const { azure, entrypoint } = await (
    await withNodes([
      node({ ...region, 'beta.kubernetes.io/instance-type': 'Standard_D4s_v5' }),
      node({ ...region, 'node.kubernetes.io/instance-type': 'Standard_D4s_v5' }),
      node(region),
      node({ 'beta.kubernetes.io/instance-type': 'm5.large' }, 'aws:///zone/i-1'),
    ])
  ).probe()
  assert.deepEqual(azure, { region: 'eastus', sizes: { Standard_D4s_v5: 2, undefined: 1 } })
  assert.match(entrypoint ?? '', /^http:\/\/127\.0\.0\.1:\d+$/)
})

test('discovery is asked once, again on a miss, and never believes a failure', async () => {
  let kinds: readonly string[] = ['ConfigMap']
  let asked = 0
  let broken = false
  const discovery = createDiscovery(clock, async (path) => {
    assert.equal(path, '/apis/x.example/v1')
    asked += 1
    if (broken) throw new TransientError('away')
    return {
      resources: kinds.flatMap((kind) => [
        { name: kind.toLowerCase(), kind, namespaced: true },
        { name: `${kind.toLowerCase()}/scale`, kind: 'Scale', namespaced: true },
      ]),
    }
  })
  const of = async (kind: string) => (await discovery.resolve({ group: 'x.example', version: 'v1', kind }))?.resource
  assert.deepEqual([await of('ConfigMap'), await of('ConfigMap'), asked], ['configmap', 'configmap', 1])
  assert.equal(await of('Scale'), undefined)
  kinds = ['ConfigMap', 'Widget']
  assert.deepEqual([await of('Widget'), asked], [undefined, 1], 'a miss is believed for a moment')
  clock.advance(1_000)
  assert.deepEqual([await of('Widget'), asked], ['widget', 2])
  clock.advance(10 * 60_000)
  broken = true
  await assert.rejects(of('Widget'), /away/)
  broken = false
  assert.deepEqual([await of('Widget'), asked], ['widget', 4])
})

test('refuses names that would leave their place in a path', async () => {
  const there = await member(answering(200, '{}'))
  for (const name of ['', '.', '..', 'a/b', 'a%2fb'])
    assert.ok((await failure(there.get({ ...ref, name }))) instanceof InvalidInputError)
  assert.ok((await failure(there.get({ resource, name: 'a' }))) instanceof InvalidInputError)
})

test('keeps a connection per kubeconfig and drops it when the kubeconfig changes', async () => {
  const url = await listen(answering(200, '{}'))
  const members = kubeMemberClusters({ clock: systemClock, limits: { connections: 2 } })
  const text = (name: string) => kubeconfigText(name, { server: url }, { token })
  const [first, same] = await Promise.all([members.connect('a', text('x')), members.connect('a', text('x'))])
  assert.equal(first, same)
  assert.notEqual(await members.connect('a', text('y')), first)
  const second = await members.connect('b', text('x'))
  await members.connect('c', text('x'))
  assert.equal(await members.connect('b', text('x')), second)
  members.close()
})
