import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import type { JsonObject } from '../../../../shared/api/json.ts'
import { builtinKinds, builtinRelease } from '../../../../shared/apiserver/builtin/builtin-kinds.ts'
import { builtinData } from '../../../../shared/apiserver/builtin/data.ts'
import { builtinDefinition } from '../../../../shared/apiserver/builtin/definitions.ts'
import protobuf from '../../../../shared/apiserver/builtin/protobuf.generated.json' with { type: 'json' }
import type { ServedKind } from '../../../../shared/apiserver/kind.ts'
import { processKind } from '../../../../shared/apiserver/schema/process.ts'

function kindOf(name: string): ServedKind {
  const found = builtinKinds.find(({ kind }) => kind === name)
  assert.ok(found, name)
  return found
}

const process = (kind: string, object: JsonObject, old?: JsonObject) =>
  processKind(kindOf(kind), { metadata: { name: 'a' }, ...object }, { old })
const complaints = (kind: string, object: JsonObject, old?: JsonObject) =>
  process(kind, object, old).errors.map(({ field, message }) => `${field}: ${message}`)

describe('the generated data', () => {
  test('has the shape its readers take for granted', () => {
    const Column = z.tuple([z.string(), z.string(), z.string(), z.number()])
    const Kind = z.object({
      group: z.string(),
      version: z.string(),
      kind: z.string(),
      plural: z.string(),
      singular: z.string(),
      namespaced: z.boolean(),
      subresources: z.array(z.string()),
      definition: z.string(),
      shortNames: z.array(z.string()).optional(),
      categories: z.array(z.string()).optional(),
      virtual: z.boolean().optional(),
      columns: z.array(Column).optional(),
    })
    z.array(Kind).parse(builtinData.kinds)
    assert.match(builtinRelease, /^v1\.\d+\.\d+/)
  })

  test('every definition resolves, those that contain themselves too', () => {
    for (const name of Object.keys(builtinData.definitions)) assert.equal(builtinDefinition(name).ref, name)
    for (const kind of builtinKinds) assert.equal(kind.schema?.type, 'object', kind.kind)
  })

  test('every protobuf field is a field of the definition, and the other way round', () => {
    const Field = z.union([z.tuple([z.string(), z.string()]), z.tuple([z.string(), z.string(), z.string()])])
    const messages = z.record(z.string(), z.record(z.string(), Field)).parse(protobuf.messages)
    const fieldsOf = (name: string): string[] =>
      Object.values(messages[name] ?? {}).flatMap(([field, type, flags = '']) =>
        flags.includes('i') ? fieldsOf(type) : [field],
      )
    const envelope = new Set(['apiVersion', 'kind'])
    for (const [name, definition] of Object.entries(builtinData.definitions)) {
      if (definition.properties === undefined) continue
      const expected = Object.keys(definition.properties).filter((field) => !envelope.has(field))
      const actual = fieldsOf(name).filter((field) => !envelope.has(field))
      assert.deepEqual(new Set(actual), new Set(expected), name)
    }
  })
})

describe('defaults', () => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ containerPort: 80 }] }] },
  }

  test('a deployment is filled in as a real API server fills it', () => {
    const { object, errors, unknownFields } = process('Deployment', {
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    })
    assert.deepEqual([errors, unknownFields], [[], []])
    assert.deepEqual(object['spec'], {
      selector: { matchLabels: { a: 'b' } },
      template: {
        metadata: { labels: { a: 'b' } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'nginx',
              ports: [{ containerPort: 80, protocol: 'TCP' }],
              imagePullPolicy: 'Always',
              resources: {},
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
            },
          ],
          dnsPolicy: 'ClusterFirst',
          restartPolicy: 'Always',
          schedulerName: 'default-scheduler',
          securityContext: {},
          terminationGracePeriodSeconds: 30,
        },
      },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    })
  })

  test('processing what was processed changes nothing', () => {
    const samples: readonly (readonly [string, JsonObject])[] = [
      ['Deployment', { spec: { selector: { matchLabels: { a: 'b' } }, template } }],
      ['Service', { spec: { ports: [{ port: 80 }], type: 'LoadBalancer' } }],
      ['Secret', { stringData: { a: 'b' } }],
      ['Job', { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } }],
      ['HorizontalPodAutoscaler', { spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd' } } }],
      ['NetworkPolicy', { spec: { podSelector: {} } }],
    ]
    for (const [kind, object] of samples) {
      const once = process(kind, object)
      assert.deepEqual(once.errors, [], kind)
      assert.deepEqual(process(kind, once.object, once.object).object, once.object, kind)
    }
  })

  test('stringData is written as data', () => {
    const { object } = process('Secret', { data: { old: 'eA==' }, stringData: { new: 'hé', old: 'y' } })
    assert.deepEqual(object['data'], { old: 'eQ==', new: 'aMOp' })
    assert.equal(object['stringData'], undefined)
    assert.equal(object['type'], 'Opaque')
  })

  test('no address is invented for a service', () => {
    const { object } = process('Service', { spec: { ports: [{ port: 80 }] } })
    assert.deepEqual(object['spec'], {
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      type: 'ClusterIP',
    })
  })
})

describe('rules', () => {
  const selector = { matchLabels: { a: 'b' } }
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }

  test('a controller must select the pods it makes, and keep selecting them', () => {
    assert.deepEqual(
      complaints('Deployment', { spec: { selector, template: { ...template, metadata: { labels: { a: 'c' } } } } }),
      ['spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`'],
    )
    const old = process('Deployment', { spec: { selector, template } }).object
    const moved = {
      spec: { selector: { matchLabels: { x: 'y' } }, template: { ...template, metadata: { labels: { x: 'y' } } } },
    }
    assert.deepEqual(complaints('Deployment', moved, old), [
      'spec.selector: Invalid value: {"matchLabels":{"x":"y"}}: field is immutable',
    ])
  })

  test('containers need names and images', () => {
    const spec = { containers: [{ name: 'A' }, { name: 'b', image: 'i' }, { name: 'b', image: 'i' }] }
    const fields = process('Pod', { spec }).errors.map(({ field, reason }) => `${field} ${reason}`)
    assert.deepEqual(fields, [
      'spec.containers[0].name FieldValueInvalid',
      'spec.containers[0].image FieldValueRequired',
      'spec.containers[2].name FieldValueDuplicate',
    ])
  })

  test('data has legal keys, a bounded size, and stays when it is immutable', () => {
    assert.equal(complaints('ConfigMap', { data: { 'a/b': '' } }).length, 1)
    assert.match(
      complaints('ConfigMap', { data: { a: 'x'.repeat(1024 * 1024 + 1) } })[0] ?? '',
      /may not be more than 1048576 bytes/,
    )
    assert.match(
      complaints('ConfigMap', { data: { a: '1' }, binaryData: { a: 'aGk=' } })[0] ?? '',
      /duplicate of key present in binaryData/,
    )
    const old = { data: { a: '1' }, immutable: true }
    assert.deepEqual(complaints('ConfigMap', { data: { a: '2' }, immutable: true }, old), [
      'data: Forbidden: field is immutable when `immutable` is set',
    ])
    assert.deepEqual(complaints('Secret', { type: 'kubernetes.io/tls' }), [
      'data[tls.crt]: Required value',
      'data[tls.key]: Required value',
    ])
    assert.deepEqual(complaints('Secret', { type: 'x' }, { type: 'Opaque' }), [
      'type: Invalid value: "x": field is immutable',
    ])
  })

  test('a service has ports in range', () => {
    assert.deepEqual(complaints('Service', { spec: {} }), ['spec.ports: Required value'])
    assert.deepEqual(complaints('Service', { spec: { ports: [{ port: 70_000 }] } }), [
      'spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive',
      'spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ])
    assert.deepEqual(complaints('Service', { spec: { type: 'ExternalName', externalName: 'a.b' } }), [])
  })
})
