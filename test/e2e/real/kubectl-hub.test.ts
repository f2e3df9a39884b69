// The real kubectl against the API server over plain HTTP: what users type, and what they read back.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { asset } from '../../support/control-plane.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'
import { type ServedApi, serveApi } from '../../support/serve-api.ts'

let served: ServedApi | undefined
let folder = ''
let hub: Kubectl

before(async () => {
  served = await serveApi()
  folder = await mkdtemp(join(tmpdir(), 'kubectl-hub-'))
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'hub', cluster: { server: served.url } }],
      users: [{ name: 'me', user: {} }],
      contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'me', namespace: 'shop' } }],
      'current-context': 'hub',
    }),
  )
  hub = kubectl(kubeconfig)
  await hub.run(['create', 'namespace', 'shop'])
})

after(async () => {
  await served?.close()
  await rm(folder, { recursive: true, force: true })
  assert.deepEqual(served?.errors, [], 'the server logged no error')
})

const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {app: ${name}}}\ndata: {k: ${value}}\n`

const widgetCrd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.demo.io}
spec:
  group: demo.io
  scope: Namespaced
  names: {plural: widgets, kind: Widget, shortNames: [wd], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, minimum: 0, default: 3, description: How large it is}
              replicas: {type: integer}
            x-kubernetes-validations: [{rule: "self.size != 13", message: unlucky}]
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
`
const widget = (name: string, spec: string, metadata = '') =>
  `apiVersion: demo.io/v1\nkind: Widget\nmetadata: {name: ${name}${metadata}}\nspec: {${spec}}\n`

describe('kubectl', () => {
  it('discovers what is served and who is asking', async () => {
    const resources = await hub.run(['api-resources'])
    assert.match(resources, /^deployments +deploy +apps\/v1 +true +Deployment$/m)
    assert.match(await hub.run(['api-versions']), /^apps\/v1$/m)
    assert.match(await hub.run(['version']), /Server Version: v1\.36/)
    assert.match(await hub.run(['auth', 'can-i', 'create', 'pods']), /yes/)
    assert.match(await hub.run(['auth', 'can-i', '--list']), /\*\.\*/)
    assert.match(await hub.run(['auth', 'whoami']), /hubless-admin/)
  })

  it('creates built-in kinds, whose bodies are protobuf', async () => {
    await hub.run(['create', 'configmap', 'made', '--from-literal=k=v'])
    await hub.run(['create', 'secret', 'generic', 'made', '--from-literal=k=v'])
    await hub.run(['create', 'deployment', 'web', '--image=nginx'])
    await hub.run(['create', 'serviceaccount', 'made'])
    await hub.run(['create', 'role', 'made', '--verb=get', '--resource=pods'])
    const protobuf = served?.requests.filter(({ contentType }) => contentType === 'application/vnd.kubernetes.protobuf')
    assert.ok((protobuf?.length ?? 0) >= 5)
    const secret = await hub.json(['get', 'secret', 'made'])
    assert.deepEqual([secret['type'], secret['data']], ['Opaque', { k: 'dg==' }])
    assert.match(await hub.run(['get', 'deployment', '-o', 'wide']), /web +0\/1 +0 +0 +\S+ +nginx +nginx +app=web/)
  })

  it('applies: created, unchanged without a patch, configured', async () => {
    assert.match(await hub.apply(configMap('applied', 'one')), /created/)
    const before = served?.requests.length ?? 0
    assert.match(await hub.apply(configMap('applied', 'one')), /unchanged/)
    assert.equal(
      served?.requests.slice(before).some(({ method }) => method === 'PATCH'),
      false,
    )
    const diff = await hub.try(['diff', '-f', '-'], configMap('applied', 'two'))
    assert.equal(diff.code, 1)
    assert.match(diff.stdout, /^\+ {2}k: two$/m)
    assert.match(await hub.apply(configMap('applied', 'two')), /configured/)
    assert.equal((await hub.try(['diff', '-f', '-'], configMap('applied', 'two'))).code, 0)
  })

  it('applies server-side, shows conflicts, forces', async () => {
    await hub.apply(configMap('ssa', 'one'), ['--server-side'])
    const other = ['apply', '--server-side', '--field-manager=other', '-f', '-']
    const conflict = await hub.try(other, configMap('ssa', 'two'))
    assert.equal(conflict.code, 1)
    assert.match(conflict.stderr, /Apply failed with 1 conflict: conflict with "kubectl": \.data\.k/)
    await hub.run([...other, '--force-conflicts'], configMap('ssa', 'two'))
    assert.deepEqual((await hub.json(['get', 'configmap', 'ssa']))['data'], { k: 'two' })
    await hub.apply(configMap('moved', 'one'))
    await hub.apply(configMap('moved', 'two'), ['--server-side'])
    assert.deepEqual((await hub.json(['get', 'configmap', 'moved']))['data'], { k: 'two' })
  })

  it('gets with selectors, columns and chunks', async () => {
    for (const name of ['s1', 's2', 's3']) await hub.apply(configMap(name, name))
    assert.match(
      await hub.run(['get', 'cm', '-l', 'app in (s1,s3),!none', '-o', 'name']),
      /^configmap\/s1\nconfigmap\/s3\n$/,
    )
    assert.equal(await hub.run(['get', 'cm', '--field-selector', 'metadata.name=s2', '-o', 'name']), 'configmap/s2\n')
    assert.match(await hub.run(['get', 'cm', '-A', '--show-labels', '--chunk-size=2']), /shop +s3 +1 +\S+ +app=s3/)
    assert.match(await hub.run(['get', 'all']), /deployment\.apps\/web/)
  })

  it('watches without junk rows', async () => {
    const { stdout } = await watchFor(['get', 'configmap', '--field-selector=metadata.name=seen', '-w'], async () => {
      await hub.run(['create', 'configmap', 'seen'])
      await hub.run(['label', 'configmap', 'seen', 'a=b'])
    })
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/ +/)[0]),
      ['NAME', 'seen', 'seen'],
    )
  })

  it('patches three ways, labels, annotates, scales, edits, sets', async () => {
    await hub.run(['patch', 'cm', 'made', '-p', '{"data":{"s":"1"}}'])
    await hub.run(['patch', 'cm', 'made', '--type=merge', '-p', '{"data":{"m":"1","s":null}}'])
    await hub.run([
      'patch',
      'cm',
      'made',
      '--type=json',
      '-p',
      '[{"op":"test","path":"/data/m","value":"1"},{"op":"add","path":"/data/j","value":"1"}]',
    ])
    assert.deepEqual((await hub.json(['get', 'cm', 'made']))['data'], { k: 'v', m: '1', j: '1' })
    const refused = await hub.try([
      'patch',
      'cm',
      'made',
      '--type=json',
      '-p',
      '[{"op":"test","path":"/data/m","value":"2"}]',
    ])
    assert.equal(refused.code, 1)
    await hub.run(['label', 'cm', 'made', 'x=y'])
    await hub.run(['annotate', 'cm', 'made', 'x=y'])
    await hub.run(['scale', 'deployment/web', '--replicas=4'])
    await hub.run(['set', 'image', 'deployment/web', 'nginx=nginx:2'])
    const web = (await hub.json(['get', 'deployment', 'web'])) as {
      metadata: { generation: number }
      spec: { replicas: number }
    }
    assert.deepEqual([web.spec.replicas, web.metadata.generation], [4, 3])
  })

  it('says what is wrong with an object', async () => {
    const bogus = await hub.try(['create', '-f', '-'], `${configMap('bogus', 'x')}bogus: 1\n`)
    assert.match(bogus.stderr, /strict decoding error: unknown field "bogus"/)
    const warned = await hub.try(['create', '--validate=warn', '-f', '-'], `${configMap('bogus', 'x')}bogus: 1\n`)
    assert.deepEqual([warned.code, /Warning: unknown field "bogus"/.test(warned.stderr)], [0, true])
    const dry = await hub.run(['create', 'configmap', 'dry', '--dry-run=server', '-o', 'name'])
    assert.equal(dry, 'configmap/dry\n')
    assert.match((await hub.try(['get', 'configmap', 'dry'])).stderr, /configmaps "dry" not found/)
    assert.match((await hub.try(['get', 'nonsense'])).stderr, /doesn't have a resource type "nonsense"/)
    assert.match(
      (await hub.try(['delete', 'namespace', 'kube-system'])).stderr,
      /is forbidden: this namespace may not be deleted/,
    )
  })

  it('defines a kind, uses it at once, and takes everything away with it', async () => {
    assert.match(await hub.apply(widgetCrd), /created/)
    assert.match(await hub.apply(widget('one', 'replicas: 1')), /widget\.demo\.io\/one created/)
    await hub.run(['wait', '--for=condition=Established', 'crd/widgets.demo.io', '--timeout=10s'])
    assert.match(await hub.run(['get', 'wd']), /^NAME +SIZE\none +3\n$/)
    assert.match(await hub.run(['explain', 'widget.spec.size']), /How large it is/)
    assert.match(await hub.run(['explain', 'deployment.spec.replicas']), /FIELD: replicas/)
    assert.match(
      (await hub.try(['apply', '-f', '-'], widget('bad', 'size: -1'))).stderr,
      /spec\.size: Invalid value: -1: .*greater than or equal to 0/,
    )
    assert.match((await hub.try(['apply', '-f', '-'], widget('bad', 'size: 13'))).stderr, /unlucky/)
    await hub.run(['scale', 'widget/one', '--replicas=5'])
    await hub.run(['patch', 'wd', 'one', '--subresource=status', '--type=merge', '-p', '{"status":{"replicas":5}}'])
    await hub.run(['wait', '--for=jsonpath={.status.replicas}=5', 'wd/one', '--timeout=10s'])
    assert.match((await hub.try(['patch', 'wd', 'one', '-p', '{}'])).stderr, /not supported|unsupported|media type/i)
    await hub.run(['delete', 'crd', 'widgets.demo.io', '--timeout=20s'])
    assert.equal((await hub.try(['get', 'wd'])).code, 1)
  })

  it('deletes: waits for finalizers, cascades, empties namespaces', async () => {
    await hub.apply(configMap('held', 'x').replace('name: held', 'name: held, finalizers: [demo.io/hold]'))
    const waiting = hub.try(['delete', 'configmap', 'held', '--timeout=20s'])
    await until(async () => JSON.stringify(await hub.json(['get', 'cm', 'held'])).includes('deletionTimestamp'))
    await hub.run(['patch', 'cm', 'held', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
    assert.equal((await waiting).code, 0)
    for (const [cascade, left] of [
      ['background', false],
      ['foreground', false],
      ['orphan', true],
    ] as const) {
      await hub.apply(configMap('owner', 'x'))
      const { metadata } = (await hub.json(['get', 'cm', 'owner'])) as { metadata: { uid: string } }
      const owner = `ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: owner, uid: ${metadata.uid}, blockOwnerDeletion: true}]`
      await hub.apply(configMap('owned', 'x').replace('name: owned', `name: owned, ${owner}`))
      await hub.run(['delete', 'cm', 'owner', `--cascade=${cascade}`, '--timeout=20s'])
      if (left) assert.equal((await hub.try(['get', 'cm', 'owned'])).code, 0)
      else await until(async () => (await hub.try(['get', 'cm', 'owned'])).code === 1)
    }
    await hub.run(['create', 'namespace', 'brief'])
    await hub.run(['create', 'configmap', 'c', '-n', 'brief'])
    await hub.run(['delete', 'namespace', 'brief', '--timeout=20s'])
    assert.equal((await hub.try(['get', 'namespace', 'brief'])).code, 1)
    assert.match((await hub.try(['create', 'configmap', 'c', '-n', 'brief'])).stderr, /namespaces "brief" not found/)
  })
})

/** Asks again until it holds; ten seconds at most. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000
  while (!(await holds())) assert.ok(Date.now() < end, 'it never came to hold')
}

/** Runs kubectl beside some changes, ending it once both rows were printed. */
async function watchFor(args: readonly string[], change: () => Promise<void>): Promise<{ stdout: string }> {
  const child = spawn(asset('kubectl'), [`--kubeconfig=${join(folder, 'kubeconfig')}`, ...args], {
    env: { HOME: '/nonexistent' },
  })
  let stdout = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    stdout += text
  })
  const isWatching = () =>
    served?.requests.some(({ url }) => url.includes('watch=true') && url.includes('seen')) === true
  await until(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return isWatching()
  })
  await change()
  await until(async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return stdout.split('\n').length > 3
  })
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.kill()
  await closed
  return { stdout }
}
