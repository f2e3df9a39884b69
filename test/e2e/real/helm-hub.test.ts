// Helm 4 against the hub as npm start runs it: charts with hooks and definitions, upgrades, rollbacks, failures, big releases.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Helm, helm, writeChart } from '../../support/helm.ts'
import { type HubProcess, startHub } from '../../support/hub-process.ts'
import { type Kubectl, kubectl } from '../../support/kubectl.ts'

const folder = mkdtempSync(join(tmpdir(), 'helm-hub-'))
let hub: HubProcess
let cli: Helm
let kube: Kubectl

before(async () => {
  hub = await startHub(join(folder, 'data'), ['--members', '0'])
  cli = helm(hub.kubeconfigPath, join(folder, 'home'))
  kube = kubectl(hub.kubeconfigPath)
})

after(async () => {
  await hub?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: shops.helm.demo.io}
spec:
  group: helm.demo.io
  scope: Namespaced
  names: {plural: shops, kind: Shop}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, minimum: 1, default: 2}
              lines: {type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [name], items: {type: object, required: [name], properties: {name: {type: string}, count: {type: integer}}}}
`
const hook = (name: string, event: string) => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
  annotations: {helm.sh/hook: "${event}", helm.sh/hook-delete-policy: before-hook-creation}
data: {revision: "{{ .Release.Revision }}"}
`
const workloads = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {app: shop}}
data: {text: {{ .Values.text | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {user: me}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: shop}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: web, image: "nginx:{{ .Values.tag }}", ports: [{containerPort: 8080}]}]}
---
apiVersion: helm.demo.io/v1
kind: Shop
metadata: {name: main}
spec: {size: {{ .Values.size }}, lines: [{name: a, count: 1}]}
`
const values = 'text: one\nreplicas: 1\ntag: "1"\nsize: 3\n'
const chart = (more: Readonly<Record<string, string>> = {}) => ({
  'Chart.yaml': 'apiVersion: v2\nname: shop\nversion: 1.0.0\nkubeVersion: ">=1.30.0-0"\n',
  'values.yaml': values,
  'crds/shops.yaml': crd,
  'templates/all.yaml': workloads,
  'templates/before.yaml': hook('before', 'pre-install,pre-upgrade'),
  'templates/after.yaml': hook('after', 'post-install,post-upgrade'),
  ...more,
})

describe('helm', () => {
  it('installs a chart with definitions and hooks, and shows it', async () => {
    const path = writeChart(join(folder, 'shop'), chart())
    await cli.run('install', 'shop', path, '--namespace', 'market', '--create-namespace')
    assert.match(await cli.run('list', '--namespace', 'market'), /shop\s+market\s+1\s.*\sdeployed\s+shop-1\.0\.0/)
    assert.match(await cli.run('status', 'shop', '--namespace', 'market'), /STATUS: deployed/)
    const shop = await kube.json(['get', 'shop', 'main', '--namespace', 'market'])
    assert.deepEqual(shop['spec'], { size: 3, lines: [{ name: 'a', count: 1 }] })
    assert.deepEqual((await kube.json(['get', 'cm', 'before', '-n', 'market']))['data'], { revision: '1' })
    assert.deepEqual((await kube.json(['get', 'cm', 'after', '-n', 'market']))['data'], { revision: '1' })
    const secret = await kube.json(['get', 'secret', 'sh.helm.release.v1.shop.v1', '-n', 'market'])
    assert.equal(secret['type'], 'helm.sh/release.v1')
  })

  it('upgrades, shows the history, and rolls back', async () => {
    const path = join(folder, 'shop')
    await cli.run('upgrade', 'shop', path, '-n', 'market', '--set', 'text=two,replicas=2,tag=2,size=5')
    assert.deepEqual((await kube.json(['get', 'cm', 'settings', '-n', 'market']))['data'], { text: 'two' })
    const web = (await kube.json(['get', 'deploy', 'web', '-n', 'market'])) as { spec: { replicas: number } }
    assert.equal(web.spec.replicas, 2)
    assert.deepEqual((await kube.json(['get', 'cm', 'before', '-n', 'market']))['data'], { revision: '2' })
    const history = await cli.run('history', 'shop', '-n', 'market')
    assert.match(history, /^1\s.*\ssuperseded\s/m)
    assert.match(history, /^2\s.*\sdeployed\s/m)
    await cli.run('rollback', 'shop', '1', '-n', 'market')
    assert.deepEqual((await kube.json(['get', 'cm', 'settings', '-n', 'market']))['data'], { text: 'one' })
    assert.match(await cli.run('history', 'shop', '-n', 'market'), /^3\s.*\sdeployed\s.*Rollback to 1/m)
  })

  it('shares an object with kubectl and a GitOps tool, each with its own fields', async () => {
    const gitops = `
apiVersion: helm.demo.io/v1
kind: Shop
metadata: {name: main, namespace: market}
spec: {lines: [{name: b, count: 2}]}
`
    const bySync = ['apply', '--server-side', '--field-manager=sync', '-f', '-']
    await kube.run(bySync, gitops)
    await kube.run(['label', 'shop', 'main', '-n', 'market', 'team=a'])
    const both = (await kube.json(['get', 'shop', 'main', '-n', 'market'])) as { spec: { lines: { name: string }[] } }
    assert.deepEqual(both.spec.lines.map(({ name }) => name).sort(), ['a', 'b'])
    const refused = await kube.try(bySync, gitops.replace('{lines', '{size: 9, lines'))
    assert.match(refused.stderr, /conflict with "helm"[^\n]*: \.spec\.size/)
    await cli.run('upgrade', 'shop', join(folder, 'shop'), '-n', 'market', '--set', 'size=7')
    const after = (await kube.json(['get', 'shop', 'main', '-n', 'market'])) as {
      metadata: { labels: Record<string, string> }
      spec: { size: number; lines: { name: string }[] }
    }
    assert.equal(after.spec.size, 7)
    assert.deepEqual(after.spec.lines.map(({ name }) => name).sort(), ['a', 'b'])
    assert.equal(after.metadata.labels['team'], 'a')
  })

  it('says why a chart cannot be installed, and what failed', async () => {
    const bad = writeChart(join(folder, 'bad'), {
      'Chart.yaml': 'apiVersion: v2\nname: bad\nversion: 1.0.0\n',
      'templates/shop.yaml':
        'apiVersion: helm.demo.io/v1\nkind: Shop\nmetadata: {name: wrong}\nspec: {size: {{ .Values.size }}}\n',
      'values.yaml': 'size: -4\n',
    })
    const failed = await cli.try('install', 'bad', bad, '-n', 'market')
    assert.equal(failed.code, 1)
    assert.match(
      failed.stderr,
      /spec\.size: Invalid value: -4: spec\.size in body should be greater than or equal to 1/,
    )
    assert.match(await cli.run('list', '-n', 'market', '--failed'), /bad\s.*\sfailed/)
    await cli.run('upgrade', 'bad', bad, '-n', 'market', '--set', 'size=4')
    assert.match(await cli.run('list', '-n', 'market'), /bad\s.*\sdeployed/)
    const future = writeChart(join(folder, 'future'), {
      'Chart.yaml': 'apiVersion: v2\nname: future\nversion: 1.0.0\nkubeVersion: ">=9.0.0"\n',
    })
    assert.match((await cli.try('install', 'future', future)).stderr, /kubeVersion/)
  })

  it('keeps a release of almost a megabyte', async () => {
    const text = randomBytes(500_000).toString('base64')
    const big = writeChart(join(folder, 'big'), {
      'Chart.yaml': 'apiVersion: v2\nname: big\nversion: 1.0.0\n',
      'files/blob.txt': text,
      'templates/cm.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata: {a: b}\n',
    })
    await cli.run('install', 'big', big, '-n', 'market')
    await cli.run('upgrade', 'big', big, '-n', 'market')
    const secret = (await kube.json(['get', 'secret', 'sh.helm.release.v1.big.v2', '-n', 'market'])) as {
      data: { release: string }
    }
    assert.ok(secret.data.release.length > 850_000, `${secret.data.release.length} characters`)
    assert.match(await cli.run('history', 'big', '-n', 'market'), /^2\s.*\sdeployed/m)
    await cli.run('uninstall', 'big', '-n', 'market')
  })

  it('uninstalls what it installed and leaves definitions', async () => {
    await cli.run('uninstall', 'bad', '-n', 'market')
    await cli.run('uninstall', 'shop', '-n', 'market')
    assert.equal((await kube.try(['get', 'deploy', 'web', '-n', 'market'])).code, 1)
    assert.equal((await kube.try(['get', 'shop', 'main', '-n', 'market'])).code, 1)
    await kube.run(['get', 'crd', 'shops.helm.demo.io'])
    assert.equal((await cli.run('list', '-n', 'market', '-q')).trim(), '')
  })
})
