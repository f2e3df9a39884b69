// What the bombs are put together from.
import type { FuzzRequest } from './requests.ts'

/** Sent in order; each is judged by itself. */
export type Bomb = readonly FuzzRequest[]

const json = 'application/json'
export const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const configMaps = '/api/v1/namespaces/default/configmaps'
export const gizmos = '/apis/fuzz.example.com/v1/namespaces/default/gizmos'

export function send(method: string, path: string, body: unknown, type = json): FuzzRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method, path, headers: [['content-type', type]], body: Buffer.from(text) }
}
export const get = (path: string, accept = '*/*'): FuzzRequest => ({
  method: 'GET',
  path,
  headers: [['accept', accept]],
})
export const apply = (path: string, text: string): FuzzRequest =>
  send('PATCH', `${path}?fieldManager=bomb`, text, 'application/apply-patch+yaml')
export const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

let serial = 0
/** A kind of its own whose `spec` has this schema, and a function that makes objects of it. */
export function kindOf(spec: object, columns: readonly object[] = []) {
  serial += 1
  const [plural, kind] = [`bombs${serial}s`, `Bombs${serial}`]
  const path = `/apis/bomb.example.com/v1/${plural}`
  const openAPIV3Schema = { type: 'object', properties: { spec } }
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }
  const define = send('POST', crds, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.bomb.example.com` },
    spec: {
      group: 'bomb.example.com',
      scope: 'Cluster',
      names: { plural, kind },
      versions: [{ ...version, additionalPrinterColumns: columns }],
    },
  })
  const object = (value: unknown) => ({
    apiVersion: 'bomb.example.com/v1',
    kind,
    metadata: { name: 'a' },
    spec: value,
  })
  return { path, define, object, make: (value: unknown) => send('POST', path, object(value)) }
}

export const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
/** A chain of `times` wraps around 1, as text: recursion would not survive making it. */
export const chain = (before: string, after: string, times: number) => `${before.repeat(times)}1${after.repeat(times)}`
export const configMap = (rest: string) => `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"bomb"},${rest}}`
export const many = <T>(count: number, each: (index: number) => T): T[] =>
  Array.from({ length: count }, (_unused, index) => each(index))
