// What the comparison plays with: kinds, their objects, and random states of them.
import type { Schema } from '../../../../shared/apiserver/schema/schema.ts'

/** Draws from a list; the same seed draws the same. */
export interface Random {
  int(below: number): number
  pick<T>(from: readonly [T, ...T[]]): T
  some<T>(from: readonly T[], chance?: number): T[]
}

export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    int: (below) => Math.floor(next() * below),
    pick: (from) => from[Math.floor(next() * from.length)] ?? from[0],
    some: (from, chance = 0.5) => from.filter(() => next() < chance),
  }
}

type Fields = Record<string, unknown>

export interface Subject {
  readonly name: string
  readonly apiVersion: string
  readonly kind: string
  /** Path of the collection. */
  readonly path: string
  readonly statusSubresource: boolean
  readonly strategicMerge: boolean
  /** Everything but apiVersion, kind and metadata, for an apply. */
  state(random: Random): Fields
  /** The same, complete enough to be created. */
  complete(random: Random): Fields
  status?(random: Random): Fields
}

const letters = ['a', 'b', 'c', 'd'] as const
const value = (random: Random) => random.pick(['1', '2'])
const texts = (random: Random, keys: readonly string[] = letters) =>
  Object.fromEntries(random.some(keys).map((key) => [key, value(random)]))

function metadataState(random: Random): Fields {
  return {
    ...(random.int(2) === 0 ? { labels: texts(random, ['l1', 'l2']) } : {}),
    ...(random.int(3) === 0 ? { annotations: texts(random, ['n1', 'n2']) } : {}),
    ...(random.int(4) === 0 ? { finalizers: random.some(['test.example/x', 'test.example/y']) } : {}),
    ...(random.int(4) === 0
      ? {
          ownerReferences: random
            .some(['u1', 'u2'])
            .map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: value(random), uid })),
        }
      : {}),
  }
}

export const metadataOf = metadataState

const configMap: Subject = {
  name: 'configmap',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  path: '/api/v1/namespaces/default/configmaps',
  statusSubresource: false,
  strategicMerge: true,
  state: (random) => ({ data: texts(random) }),
  complete: (random) => ({ data: { a: '0', ...texts(random) } }),
}

const containerNames = ['one', 'two', 'three'] as const

function container(random: Random, name: string): Fields {
  return {
    name,
    ...(random.int(2) === 0 ? { image: `nginx:${random.int(3)}` } : {}),
    ...(random.int(2) === 0
      ? { env: random.some(['A', 'B', 'C']).map((key) => ({ name: key, value: value(random) })) }
      : {}),
    ...(random.int(2) === 0
      ? {
          ports: random
            .some([80, 443])
            .map((port) => ({ containerPort: port, ...(random.int(2) === 0 ? { protocol: 'TCP' } : {}) })),
        }
      : {}),
    ...(random.int(3) === 0 ? { args: random.some(['x', 'y']) } : {}),
    ...(random.int(3) === 0 ? { resources: { limits: { cpu: random.pick(['1', '2']) } } } : {}),
  }
}

const selector = { matchLabels: { app: 'web' } }
const deployment: Subject = {
  name: 'deployment',
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  path: '/apis/apps/v1/namespaces/default/deployments',
  statusSubresource: true,
  strategicMerge: true,
  state: (random) => ({
    spec: {
      ...(random.int(2) === 0 ? { replicas: random.int(3) + 1 } : {}),
      ...(random.int(3) === 0
        ? { strategy: { rollingUpdate: { maxSurge: random.pick<number | string>([1, '25%']) } } }
        : {}),
      template: {
        ...(random.int(2) === 0 ? { metadata: { annotations: texts(random) } } : {}),
        spec: {
          containers: random.some(containerNames, 0.6).map((name) => container(random, name)),
          ...(random.int(3) === 0
            ? { tolerations: random.some(['k1', 'k2']).map((key) => ({ key, operator: 'Exists' })) }
            : {}),
          ...(random.int(4) === 0 ? { nodeSelector: texts(random) } : {}),
          ...(random.int(4) === 0
            ? { volumes: random.some(['v1', 'v2']).map((name) => ({ name, emptyDir: {} })) }
            : {}),
        },
      },
    },
  }),
  complete: (random) => ({
    spec: {
      replicas: random.int(3) + 1,
      selector,
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            { ...container(random, 'one'), image: 'nginx:0' },
            ...random.some(['two', 'three']).map((name) => ({ ...container(random, name), image: 'nginx:1' })),
          ],
        },
      },
    },
  }),
  status: (random) => ({ status: { replicas: random.int(3) + 3, readyReplicas: random.int(3) } }),
}

const service: Subject = {
  name: 'service',
  apiVersion: 'v1',
  kind: 'Service',
  path: '/api/v1/namespaces/default/services',
  statusSubresource: true,
  strategicMerge: true,
  state: (random) => ({
    spec: {
      ...(random.int(2) === 0 ? { selector: texts(random) } : {}),
      ports: random.some([80, 81, 82]).map((port) => ({
        port,
        name: `p${port}`,
        ...(random.int(2) === 0 ? { protocol: 'TCP' } : {}),
        ...(random.int(2) === 0 ? { targetPort: random.pick<number | string>([1080, 'http']) } : {}),
      })),
      ...(random.int(3) === 0 ? { sessionAffinity: random.pick(['None', 'ClientIP']) } : {}),
    },
  }),
  complete: (random) => ({
    spec: {
      selector: { app: 'web' },
      ports: [{ port: 80, name: 'p80', protocol: 'TCP', targetPort: random.pick<number | string>([1080, 'http']) }],
    },
  }),
}

const item: Schema = {
  type: 'object',
  required: ['host'],
  properties: {
    host: { type: 'string' },
    protocol: { type: 'string', default: 'TCP' },
    weight: { type: 'integer' },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  },
}

/** One field of every way to merge. */
export const widgetSchema: Schema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        text: { type: 'string', nullable: true },
        set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        keyed: {
          type: 'array',
          items: item,
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['host', 'protocol'],
        },
        atomic: { type: 'array', items: { type: 'string' } },
        granular: { type: 'object', additionalProperties: { type: 'string' } },
        wholes: { type: 'object', additionalProperties: { type: 'string' }, 'x-kubernetes-map-type': 'atomic' },
        part: { type: 'object', properties: { x: { type: 'string' }, y: { type: 'string' } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        either: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      },
    },
    status: {
      type: 'object',
      properties: { phase: { type: 'string' }, seen: { type: 'integer' } },
    },
  },
}

export const widgetDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.compare.example.com' },
  spec: {
    group: 'compare.example.com',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: widgetSchema },
        subresources: { status: {} },
      },
    ],
  },
}

function widgetState(random: Random): Fields {
  const maybe = (key: string, make: () => unknown, odds = 3) => (random.int(odds) === 0 ? { [key]: make() } : {})
  return {
    ...maybe('size', () => random.int(3)),
    ...maybe('text', () => random.pick<string | null>(['1', '2', null])),
    ...maybe('set', () => random.some(letters), 2),
    ...maybe('keyed', () => keyedItems(random), 2),
    ...maybe('atomic', () => random.some(letters)),
    ...maybe('granular', () => texts(random), 2),
    ...maybe('wholes', () => texts(random)),
    ...maybe('part', () => texts(random, ['x', 'y']), 2),
    ...maybe('free', () => ({ ...texts(random), ...(random.int(2) === 0 ? { list: random.some([1, 2]) } : {}) }), 2),
    ...maybe('either', () => random.pick<number | string>([1, '1', '50%'])),
  }
}

function keyedItems(random: Random): Fields[] {
  return random.some(['h1', 'h2', 'h3']).map((host) => ({
    host,
    ...(random.int(3) === 0 ? { protocol: 'TCP' } : {}),
    ...(random.int(2) === 0 ? { weight: random.int(2) } : {}),
    ...(random.int(2) === 0 ? { labels: texts(random) } : {}),
    ...(random.int(2) === 0 ? { tags: random.some(letters) } : {}),
  }))
}

const widget: Subject = {
  name: 'widget',
  apiVersion: 'compare.example.com/v1',
  kind: 'Widget',
  path: '/apis/compare.example.com/v1/namespaces/default/widgets',
  statusSubresource: true,
  strategicMerge: false,
  state: (random) => ({ spec: widgetState(random) }),
  complete: (random) => ({ spec: widgetState(random) }),
  status: (random) => ({ status: { phase: value(random), seen: random.int(2) } }),
}

export const subjects: readonly Subject[] = [configMap, deployment, service, widget]
