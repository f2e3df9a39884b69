// What overrides can get hold of: the identity of every object a placement carries, with those inside envelopes.
import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import { envelopeKind, lenientEnvelopeContent } from '../work/envelope.ts'

/** Text that identifies an object for override selectors. A name may not hold a space, so texts never collide. */
export function selectorKey(target: {
  group: string
  version: string
  kind: string
  name: string
  namespace?: string
}): string {
  return [target.group, target.version, target.kind, target.namespace ?? '', target.name].join(' ')
}

/** What ClusterResourceOverrides and ResourceOverrides may select on account of one object. */
export interface Candidates {
  readonly cluster: ReadonlySet<string>
  readonly namespaced: ReadonlySet<string>
}

/** The identity of the namespace object an override reaches namespaced objects through. */
export function namespaceKey(namespace: string): string {
  return selectorKey({ group: '', version: 'v1', kind: 'Namespace', name: namespace })
}

/** The identity of an object itself. An object without a namespace is cluster-scoped. */
export function objectKey(object: KubeObject): string {
  const { name = '', namespace } = object.metadata
  return selectorKey({ ...gvkOf(object), name, ...(namespace ? { namespace } : {}) })
}

/** Candidates of all objects of a snapshot. Envelope content that is not valid is left out: rendering reports it. */
export function candidatesOf(objects: readonly KubeObject[]): Candidates {
  const cluster = new Set<string>()
  const namespaced = new Set<string>()
  for (const object of objects) {
    const type = envelopeKind(object)
    const namespace = object.metadata.namespace
    if (namespace) cluster.add(namespaceKey(namespace))
    for (const inner of type ? lenientEnvelopeContent(object) : [object]) {
      if (inner.metadata.namespace) namespaced.add(objectKey(inner))
      else cluster.add(objectKey(inner))
    }
  }
  return { cluster, namespaced }
}
