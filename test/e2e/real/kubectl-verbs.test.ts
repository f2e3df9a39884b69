// More of what people type into kubectl, against the hub as npm start runs it: apply sets, ownership that moves to the
// server, waiting, editing, explaining, describing, scaling, replacing, tokens and events.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { asset } from '../../support/control-plane.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubectl-verbs-'))
let hub: HubProcess
let kube: Kubectl
const inNamespace = (...args: readonly string[]) => [...args, '--namespace', 'verbs']
const run = (...args: readonly string[]) => kube.run(inNamespace(...args))
const attempt = (...args: readonly string[]) => kube.try(inNamespace(...args))
const apply = (manifest: string, ...flags: readonly string[]) =>
  kube.run(inNamespace('apply', ...flags, '-f', '-'), manifest)

before(async () => {
  hub = await startHub(join(folder, 'data'), ['--members', '0'])
  kube = kubectl(hub.kubeconfigPath)
  await kube.run(['create', 'namespace', 'verbs'])
})

after(async () => {
  await hub?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const configMap = (name: string, value: string, metadata = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}${metadata}}\ndata: {key: ${value}}\n---\n`

interface Read {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>
    readonly generation?: number
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[]
  }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly status?: Readonly<Record<string, unknown>>
}
const read = async (...args: readonly string[]) => (await kube.json(inNamespace('get', ...args))) as unknown as Read

/** kubectl with an environment and a command of its own, e.g. an editor. */
function edit(args: readonly string[], editor: string): Promise<number | null> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBE_EDITOR: editor, KUBECONFIG: hub.kubeconfigPath }
  return new Promise((resolve) => {
    spawn(asset('kubectl'), inNamespace(...args), { env, stdio: 'ignore' }).once('close', resolve)
  })
}

describe('kubectl applies', () => {
  it('a set, and removes what left it', async () => {
    const set = ['--server-side', '--prune', '--applyset=configmap/parts']
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECTL_APPLYSET: 'true' }
    const applySet = (manifest: string) =>
      new Promise<{ code: number | null; output: string }>((resolve) => {
        const args = [`--kubeconfig=${hub.kubeconfigPath}`, ...inNamespace('apply', ...set, '-f', '-')]
        const child = spawn(asset('kubectl'), args, { env })
        let output = ''
        for (const stream of [child.stdout, child.stderr])
          stream.on('data', (chunk: Buffer) => {
            output += chunk
          })
        child.once('close', (code) => resolve({ code, output }))
        child.stdin.end(manifest)
      })
    const first = await applySet(configMap('part-a', 'one') + configMap('part-b', 'one'))
    assert.equal(first.code, 0, first.output)
    const second = await applySet(configMap('part-a', 'two'))
    assert.equal(second.code, 0, second.output)
    assert.match(second.output, /configmap\/part-b pruned/)
    assert.equal((await attempt('get', 'configmap', 'part-b')).code, 1)
    assert.deepEqual((await read('configmap', 'part-a')).data, { key: 'two' })
  })

  it('client-side first, then server-side, which takes over what the client owned', async () => {
    await apply(configMap('moved', 'one'))
    await apply(configMap('moved', 'two'), '--server-side')
    const owners = (await read('configmap', 'moved', '--show-managed-fields')).metadata.managedFields ?? []
    assert.deepEqual(owners.map(({ manager, operation }) => `${manager} ${operation}`).sort(), [
      'kubectl Apply',
      'kubectl-last-applied Apply',
    ])
  })

  it('with a label selector and --prune', async () => {
    const labelled = ', labels: {set: pruned}'
    await apply(configMap('keep', 'one', labelled) + configMap('drop', 'one', labelled))
    const flags = ['--prune', '-l', 'set=pruned', '--prune-allowlist=core/v1/ConfigMap']
    assert.match(await apply(configMap('keep', 'one', labelled), ...flags), /configmap\/drop pruned/)
  })

  it('a dry run on the server changes nothing', async () => {
    assert.match(await apply(configMap('dry', 'one'), '--dry-run=server'), /created \(server dry run\)/)
    assert.equal((await attempt('get', 'configmap', 'dry')).code, 1)
  })
})

describe('kubectl waits', () => {
  it('for something to be created', async () => {
    const waiting = attempt('wait', '--for=create', 'configmap/late', '--timeout=20s')
    await run('create', 'configmap', 'late')
    assert.equal((await waiting).code, 0)
  })

  it('for a field, and for the end', async () => {
    const field = attempt('wait', '--for=jsonpath={.data.state}=ready', 'configmap/late', '--timeout=20s')
    await run('patch', 'configmap', 'late', '-p', '{"data":{"state":"ready"}}')
    assert.equal((await field).code, 0)
    const end = attempt('wait', '--for=delete', 'configmap/late', '--timeout=20s')
    await run('delete', 'configmap', 'late')
    assert.equal((await end).code, 0)
  })

  it('for a condition in the status', async () => {
    await run('create', 'deployment', 'web', '--image=nginx')
    const waiting = attempt('wait', '--for=condition=Available', 'deployment/web', '--timeout=20s')
    const status = { status: { conditions: [{ type: 'Available', status: 'True' }], replicas: 1 } }
    await run('patch', 'deployment', 'web', '--subresource=status', '--type=merge', '-p', JSON.stringify(status))
    assert.equal((await waiting).code, 0)
    assert.match(await run('get', 'deployment', 'web', '--subresource=status'), /^NAME +READY/)
  })
})

describe('kubectl changes', () => {
  it('with an editor', async () => {
    await run('create', 'configmap', 'edited', '--from-literal=a=one')
    assert.equal(await edit(['edit', 'configmap', 'edited'], `sed -i s/one/two/`), 0)
    assert.deepEqual((await read('configmap', 'edited')).data, { a: 'two' })
  })

  it('by replacing, with and without force', async () => {
    const path = join(folder, 'replaced.json')
    writeFileSync(path, await run('get', 'configmap', 'edited', '-o', 'json'))
    await run('annotate', 'configmap', 'edited', 'touched=yes')
    assert.match((await attempt('replace', '-f', path)).stderr, /the object has been modified/)
    await run('replace', '--force', '-f', path)
    assert.deepEqual((await read('configmap', 'edited')).data, { a: 'two' })
  })

  it('replicas, when they are what was said', async () => {
    await run('scale', 'deployment/web', '--current-replicas=1', '--replicas=3')
    assert.notEqual((await attempt('scale', 'deployment/web', '--current-replicas=1', '--replicas=5')).code, 0)
    assert.equal((await read('deployment', 'web')).spec?.['replicas'], 3)
  })

  it('labels and annotations, only over its own word with --overwrite', async () => {
    await run('label', 'configmap', 'edited', 'tier=front')
    assert.notEqual((await attempt('label', 'configmap', 'edited', 'tier=back')).code, 0)
    await run('label', 'configmap', 'edited', 'tier=back', '--overwrite')
    await run('label', 'configmap', '-l', 'tier=back', 'also=set')
    assert.deepEqual((await read('configmap', 'edited')).metadata.labels, { tier: 'back', also: 'set' })
    await run('label', 'configmap', 'edited', 'also-')
    assert.deepEqual((await read('configmap', 'edited')).metadata.labels, { tier: 'back' })
  })
})

describe('kubectl tells', () => {
  it('the fields of a kind, all of them', async () => {
    const all = await run('explain', 'clusterresourceplacements', '--recursive')
    assert.match(all, /resourceSelectors\s+<\[\]Object> -required-/)
    assert.match(all, /whenToApply\s+<string>/)
    assert.match(await run('explain', 'deployment.spec.strategy', '--recursive'), /maxSurge\s+<IntOrString>/)
    assert.match(await run('explain', 'pods', '--output=plaintext-openapiv2'), /KIND: +Pod/)
  })

  it('what happened to an object', async () => {
    const { metadata } = (await kube.json(inNamespace('get', 'configmap', 'edited'))) as unknown as {
      metadata: { uid: string }
    }
    const event = `
apiVersion: v1
kind: Event
metadata: {name: edited.1}
involvedObject: {kind: ConfigMap, apiVersion: v1, name: edited, namespace: verbs, uid: ${metadata.uid}}
reason: Edited
message: it was edited
type: Warning
count: 2
firstTimestamp: "2024-01-01T00:00:00Z"
lastTimestamp: ${JSON.stringify(new Date().toISOString().replace(/\.\d+/, ''))}
source: {component: test}
`
    await kube.run(inNamespace('create', '-f', '-'), event)
    assert.match(await run('describe', 'configmap', 'edited'), /Warning +Edited .*test +it was edited/)
    assert.match(await run('events', '--for=configmap/edited'), /Warning +Edited +ConfigMap\/edited +it was edited/)
    assert.match(await run('get', 'events', '--field-selector=reason=Edited', '-o', 'wide'), /it was edited/)
    assert.match(await run('events', '--types=Warning'), /Edited/)
  })

  it('what a rollout did, as far as anything ran it', async () => {
    const history = await attempt('rollout', 'history', 'deployment/web')
    assert.match(history.stdout + history.stderr, /No rollout history found|REVISION/)
    assert.equal((await attempt('rollout', 'restart', 'deployment/web')).code, 0)
    assert.equal((await attempt('rollout', 'pause', 'deployment/web')).code, 0)
    assert.equal((await read('deployment', 'web')).spec?.['paused'], true)
    assert.equal((await attempt('rollout', 'resume', 'deployment/web')).code, 0)
  })

  it('pages of a list, and every way to print it', async () => {
    for (const name of ['p1', 'p2', 'p3']) await run('create', 'secret', 'generic', name, '--from-literal=a=b')
    const names = await run('get', 'secrets', '--chunk-size=1', '-o', 'name')
    assert.match(names, /^secret\/p1\nsecret\/p2\nsecret\/p3\n$/)
    assert.equal(await run('get', 'secret', 'p1', '-o', 'jsonpath={.data.a}'), 'Yg==')
    assert.match(await run('get', 'secrets', '-o', 'custom-columns=N:.metadata.name,T:.type'), /p1 +Opaque/)
    assert.equal(await run('get', 'secret', 'p1', '-o', 'go-template={{.data.a}}'), 'Yg==')
    assert.match(await run('get', 'secrets', '--sort-by=.metadata.name', '--no-headers'), /^p1 /)
  })
})

describe('kubectl creates', () => {
  it('accounts, roles, bindings and tokens', async () => {
    await run('create', 'serviceaccount', 'robot')
    await run('create', 'role', 'reader', '--verb=get,list', '--resource=configmaps')
    await run('create', 'rolebinding', 'reader', '--role=reader', '--serviceaccount=verbs:robot')
    const token = (await run('create', 'token', 'robot', '--duration=1h')).trim()
    assert.equal(token.split('.').length, 3)
    const can = (...args: readonly string[]) =>
      attempt('auth', 'can-i', ...args, '--as=system:serviceaccount:verbs:robot')
    assert.match((await can('list', 'configmaps')).stdout, /yes/)
    assert.match((await can('delete', 'configmaps')).stdout, /no/)
    assert.match((await can('--list')).stdout, /configmaps +\[\] +\[\] +\[get list\]/)
    const forbidden = await attempt('delete', 'configmap', 'edited', '--as=system:serviceaccount:verbs:robot')
    assert.match(forbidden.stderr, /cannot delete resource "configmaps" in API group "" in the namespace "verbs"/)
  })

  it('quotas, jobs, services, ingresses and priorities', async () => {
    await run('create', 'quota', 'small', '--hard=pods=2')
    await run('create', 'job', 'once', '--image=busybox')
    await run('create', 'cronjob', 'often', '--image=busybox', '--schedule=*/5 * * * *')
    await run('create', 'service', 'clusterip', 'svc', '--tcp=80:8080')
    await run('create', 'ingress', 'way', '--rule=a.example/=svc:80')
    await run('create', 'poddisruptionbudget', 'one', '--selector=app=web', '--min-available=1')
    await run('expose', 'deployment', 'web', '--port=80')
    await run('autoscale', 'deployment', 'web', '--min=1', '--max=3')
    assert.match(await run('get', 'ingress,cronjob,job,svc,hpa'), /ingress\.networking\.k8s\.io\/way/)
    await run('set', 'env', 'deployment/web', 'A=b')
    await run('set', 'resources', 'deployment/web', '--limits=cpu=200m')
    await run('set', 'serviceaccount', 'deployment/web', 'robot')
    await run('set', 'selector', 'service/svc', 'a=b')
  })
})
