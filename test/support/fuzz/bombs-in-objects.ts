// Objects with vast numbers, lists without end, and fields named after prototypes.
import { apply, type Bomb, chain, configMap, configMaps, get, gizmos, kindOf, many, send } from './bomb-parts.ts'

export function sizes(): Record<string, Bomb> {
  const digits = '9'.repeat(1_000_000)
  const gizmo = (spec: string) =>
    send('POST', gizmos, `{"apiVersion":"fuzz.example.com/v1","kind":"Gizmo","metadata":{"name":"n"},"spec":${spec}}`)
  const quota = (quantity: string) =>
    send('POST', '/api/v1/namespaces/default/resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { generateName: 'q-' },
      spec: { hard: { cpu: quantity } },
    })
  const withMetadata = (metadata: object) =>
    send('POST', configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', ...metadata } })
  const sets = kindOf({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' })
  const keyed = kindOf({
    type: 'array',
    items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
  })
  const wide = many(100_000, (index) => `v${index}`)
  const items = many(40_000, (index) => ({ name: `v${index}` }))
  const twice = many(40_000, (index) => ({ name: `v${index % 2}` }))
  return {
    'number of a million digits': [
      gizmo(`{"size":${digits}}`),
      gizmo(`{"ratio":0.${digits}}`),
      gizmo(`{"free":{"a":-${digits}}}`),
    ],
    'number of a vast exponent': [
      gizmo('{"size":1e999999999}'),
      gizmo('{"ratio":1e-999999999}'),
      gizmo('{"ratio":1e308}'),
    ],
    'number in a limit': [
      get(`${configMaps}?limit=${'9'.repeat(60_000)}`),
      get(`${configMaps}?resourceVersion=${'9'.repeat(60_000)}`),
    ],
    'quantity of a vast exponent': [
      quota('1e999999999'),
      quota('1E-999999999'),
      quota('9'.repeat(400)),
      quota(`0.${'0'.repeat(400)}1`),
    ],
    'quantity of a million digits': [quota(digits), quota(`${digits}Gi`), quota(`0.${digits}`), quota(`1e${digits}`)],
    'date and duration of a million digits': [
      gizmo(`{"when":"${digits}-01-01T00:00:00Z"}`),
      gizmo(`{"at":"${digits}h"}`),
      gizmo(`{"at":"${'1h'.repeat(500_000)}"}`),
    ],
    'base64 of nothing but padding': [gizmo(`{"code":"${'='.repeat(1_000_000)}"}`)],
    'set of a hundred thousand': [
      sets.define,
      sets.make(wide),
      sets.make(many(100_000, () => 'v')),
      apply(`${sets.path}/b`, JSON.stringify({ ...sets.object(wide.slice(0, 30_000)), metadata: { name: 'b' } })),
    ],
    'keyed list of forty thousand': [
      keyed.define,
      keyed.make(items),
      keyed.make(twice),
      apply(`${keyed.path}/b`, JSON.stringify({ ...keyed.object(items), metadata: { name: 'b' } })),
      apply(`${keyed.path}/b`, JSON.stringify({ ...keyed.object(items.toReversed()), metadata: { name: 'b' } })),
    ],
    'labels by the ten thousand': [
      withMetadata({ labels: Object.fromEntries(wide.slice(0, 50_000).map((key) => [key, ''])) }),
    ],
    'finalizers by the ten thousand': [withMetadata({ finalizers: wide.slice(0, 50_000).map((key) => `a.io/${key}`) })],
    'owners by the ten thousand': [
      withMetadata({
        ownerReferences: many(20_000, (index) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          name: `n${index}`,
          uid: `u${index}`,
        })),
      }),
    ],
    'managed fields nested deeply': [
      send(
        'POST',
        configMaps,
        configMap(`"data":{}`).replace(
          '"name":"bomb"',
          `"name":"bomb","managedFields":[{"manager":"m","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":${chain('{"f:a":', '}', 200).replace('1', '{}')}}]`,
        ),
      ),
    ],
    'managed fields by the ten thousand': [
      withMetadata({
        managedFields: many(10_000, (index) => ({
          manager: `m${index}`,
          operation: 'Update',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { [`f:k${index}`]: {} } },
        })),
      }),
    ],
    'one field a hundred thousand times': [
      send('POST', `${configMaps}?fieldValidation=Strict`, configMap(many(100_000, () => '"data":{}').join(','))),
    ],
    'fields nobody knows': [
      send(
        'POST',
        `${configMaps}?fieldValidation=Strict`,
        configMap(many(100_000, (index) => `"u${index}":1`).join(',')),
      ),
    ],
    'three million brackets': [
      send('POST', gizmos, `{"spec":{"free":{"a":[${many(900_000, () => '[]').join(',')}]}}}`),
    ],
  }
}

export function prototypes(): Record<string, Bomb> {
  const evil = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
  const patched = `${gizmos}/proto`
  const whole = `{"apiVersion":"fuzz.example.com/v1","kind":"Gizmo","metadata":{"name":"proto","labels":${'{"__proto__":"x"}'}},"spec":{"size":1,"free":${evil},"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}`
  const steps = [
    '/__proto__/polluted',
    '/spec/free/__proto__/polluted',
    '/spec/free/constructor/prototype/polluted',
    '/spec/tags/__proto__/polluted',
  ]
  return {
    'create with prototypes': [
      send('POST', gizmos, whole.replace('"labels"', '"annotations"')),
      send('POST', gizmos, whole),
    ],
    'merge patch with prototypes': [
      send('PATCH', patched, `{"spec":{"free":${evil}},"__proto__":{"polluted":true}}`, 'application/merge-patch+json'),
    ],
    'strategic patch with prototypes': [
      send(
        'PATCH',
        `${configMaps}/bomb`,
        `{"data":${evil},"__proto__":{"polluted":true}}`,
        'application/strategic-merge-patch+json',
      ),
    ],
    'JSON patch with prototypes': steps.map((path) =>
      send('PATCH', patched, [{ op: 'add', path, value: true }], 'application/json-patch+json'),
    ),
    'apply with prototypes': [
      apply(patched, whole),
      apply(
        patched,
        `apiVersion: fuzz.example.com/v1\nkind: Gizmo\nmetadata: {name: proto}\nspec: {free: {__proto__: {polluted: true}, <<: {__proto__: {polluted: true}}}}\n`,
      ),
    ],
    'names with prototypes': [
      get('/apis/__proto__/v1/constructor'),
      get(`${configMaps}/__proto__`),
      get(`${configMaps}?__proto__[polluted]=1&constructor=2`),
    ],
  }
}
