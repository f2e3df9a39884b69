// Three-way patches against the hub's own API machinery, which applies patches from the schemas of Kubernetes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtinDefinition } from '../../shared/apiserver/builtin/definitions.ts'
import { applyMergePatch } from '../../shared/apiserver/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../shared/apiserver/patch/strategic-merge.ts'
import type { Schema } from '../../shared/apiserver/schema/schema.ts'
import { builtInMerge } from '../../shared/domain/work/merge-keys.ts'
import { sameJson, threeWayMergePatch } from '../../shared/domain/work/merge-patch.ts'
import { threeWayStrategicPatch } from '../../shared/domain/work/strategic-patch.ts'

type Plain = Record<string, unknown>

const word = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
const leaf = fc.oneof(fc.constantFrom('x', 'y', ''), fc.integer({ min: 0, max: 3 }), fc.boolean())
const document = fc.letrec<{ map: Plain; value: unknown }>((tie) => ({
  map: fc.dictionary(word, tie('value'), { maxKeys: 3 }),
  value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(leaf, { maxLength: 3 }), tie('map')),
})).map

/** Every field of `wanted` is in `got` as it should be, whatever else there is. */
function contains(got: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return sameJson(got, wanted)
  if (typeof got !== 'object' || got === null || Array.isArray(got)) return false
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(got, key) && contains((got as Plain)[key], value))
}

test('a merge patch brings every wanted field and is empty once they are there', () => {
  fc.assert(
    fc.property(document, document, document, (original, wanted, live) => {
      const after = applyMergePatch(live, threeWayMergePatch(original, wanted, live))
      assert.ok(contains(after, wanted), JSON.stringify({ after, wanted }))
      assert.deepEqual(threeWayMergePatch(wanted, wanted, after), {})
    }),
  )
})

test('a merge patch leaves alone what nobody here has ever applied', () => {
  fc.assert(
    fc.property(document, document, leaf, (original, wanted, foreign) => {
      const live = { ...original, 'added-by-others': foreign }
      const after = applyMergePatch(live, threeWayMergePatch(original, wanted, live))
      assert.equal(after['added-by-others'], foreign)
      for (const field of Object.keys(original))
        if (!Object.hasOwn(wanted, field)) assert.ok(!Object.hasOwn(after, field))
    }),
  )
})

const deploymentSchema = builtinDefinition('io.k8s.api.apps.v1.Deployment')
const lookup = builtInMerge('Deployment')

const env = fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '2') }), {
  selector: ({ name }) => name,
  maxLength: 3,
})
const port = fc.record({ containerPort: fc.constantFrom(80, 81, 82), protocol: fc.constantFrom('TCP', 'UDP') })
const container = fc.record({
  name: fc.constantFrom('web', 'log', 'proxy'),
  image: fc.constantFrom('one', 'two'),
  env,
  ports: fc.uniqueArray(port, { selector: ({ containerPort }) => containerPort, maxLength: 2 }),
})
const volume = fc.oneof(
  fc.record({ name: fc.constantFrom('data', 'cache'), emptyDir: fc.constant({}) }),
  fc.record({ name: fc.constantFrom('data', 'cache'), secret: fc.record({ secretName: fc.constantFrom('s', 't') }) }),
)
const strategy = fc.constantFrom({ type: 'Recreate' }, { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } })
const deployment = fc.record({
  spec: fc.record({
    replicas: fc.nat(3),
    strategy,
    template: fc.record({
      spec: fc.record({
        containers: fc.uniqueArray(container, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
        volumes: fc.uniqueArray(volume, { selector: ({ name }) => name, maxLength: 2 }),
        nodeSelector: fc.dictionary(fc.constantFrom('zone', 'arch'), fc.constantFrom('1', '2')),
      }),
    }),
  }),
})

test('a strategic patch makes an unchanged live object exactly what is wanted', () => {
  fc.assert(
    fc.property(deployment, deployment, (before, wanted) => {
      const patch = threeWayStrategicPatch(before, wanted, before, lookup)
      const after = applyStrategicMergePatch(deploymentSchema, before, patch)
      assert.ok(sameJson(after, wanted), JSON.stringify({ patch, after, wanted }))
    }),
  )
})

test('a strategic patch brings what is wanted over any drift, and nothing is left to do then', () => {
  fc.assert(
    fc.property(deployment, deployment, deployment, (before, wanted, live) => {
      const after = applyStrategicMergePatch(
        deploymentSchema,
        live,
        threeWayStrategicPatch(before, wanted, live, lookup),
      )
      const again = threeWayStrategicPatch(wanted, wanted, after as Plain, lookup)
      assert.deepEqual(again, {}, JSON.stringify({ after, wanted, again }))
    }),
  )
})

test('a strategic patch keeps a container that somebody else has added', () => {
  fc.assert(
    fc.property(deployment, deployment, (before, wanted) => {
      const sidecar = { name: 'injected', image: 'side' }
      const { template } = before.spec
      const containers = [...template.spec.containers, sidecar]
      const live = { spec: { ...before.spec, template: { spec: { ...template.spec, containers } } } }
      const after = applyStrategicMergePatch(
        deploymentSchema,
        live,
        threeWayStrategicPatch(before, wanted, live, lookup),
      )
      const kept = (after as unknown as typeof live).spec.template.spec.containers
      assert.ok(kept.some(({ name }) => name === 'injected'))
      assert.equal(kept.length, wanted.spec.template.spec.containers.length + 1)
    }),
  )
})

test('ports of one number and two protocols survive', () => {
  const schema = builtinDefinition('io.k8s.api.core.v1.Service')
  const service = (...protocols: string[]) => ({
    spec: { ports: protocols.map((protocol) => ({ port: 53, protocol })) },
  })
  const live = service('TCP')
  const wanted = service('TCP', 'UDP')
  const patch = threeWayStrategicPatch(live, wanted, live, builtInMerge('Service'))
  assert.deepEqual(applyStrategicMergePatch(schema, live, patch), wanted)
})

interface Marked {
  readonly path: readonly string[]
  readonly strategy: string
  readonly key: string | undefined
}

/** Every value of a schema that has a patch strategy. Schemas that contain themselves are followed once. */
function marks(schema: Schema, path: readonly string[], open: ReadonlySet<Schema>): Marked[] {
  if (open.has(schema)) return []
  const below = new Set([...open, schema])
  const strategy = schema['x-kubernetes-patch-strategy']
  const own = strategy ? [{ path, strategy, key: schema['x-kubernetes-patch-merge-key'] }] : []
  const fields = Object.entries(schema.properties ?? {}).flatMap(([field, inner]) =>
    marks(inner, [...path, field], below),
  )
  return [...own, ...fields, ...(schema.items ? marks(schema.items, path, below) : [])]
}

test('lists merge the way the schemas of Kubernetes say', () => {
  const kinds = [
    'apps.v1.Deployment',
    'apps.v1.StatefulSet',
    'apps.v1.DaemonSet',
    'apps.v1.ReplicaSet',
    'batch.v1.Job',
    'batch.v1.CronJob',
    'core.v1.Pod',
    'core.v1.Service',
    'core.v1.ServiceAccount',
    'core.v1.ConfigMap',
    'core.v1.PersistentVolumeClaim',
    'admissionregistration.v1.ValidatingWebhookConfiguration',
    'admissionregistration.v1.MutatingWebhookConfiguration',
    'admissionregistration.v1.ValidatingAdmissionPolicy',
    'rbac.v1.RoleBinding',
    'networking.v1.Ingress',
  ]
  let seen = 0
  for (const name of kinds) {
    const lookupOf = builtInMerge(name.split('.').at(-1) ?? '')
    const found = marks(builtinDefinition(`io.k8s.api.${name}`), [], new Set())
    // What a member's controllers write is never in a manifest.
    for (const { path, strategy, key } of found.filter(({ path: [first] }) => first !== 'status')) {
      // A nested claim's status does not occur either.
      if (path.includes('status')) continue
      const got = lookupOf(path)
      const keeps = strategy.includes('retainKeys')
      const want = key === undefined ? (keeps ? 'retainKeys' : 'set') : { key, ...(keeps && { retainKeys: true }) }
      assert.deepEqual(got, want, `${name} ${path.join('.')}`)
      seen += 1
    }
  }
  assert.ok(seen > 150, `${seen} marks looked at`)
})
