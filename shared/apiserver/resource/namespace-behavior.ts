// Namespaces: a label, a phase and a finalizer of their own, and content that must go before they do.

import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import { namespaceFinalizers } from '../garbage/garbage-news.ts'
import { forbidden, notFound } from '../http/status-error.ts'
import type { KindBehavior } from './behavior.ts'

export const namespaceType = { group: '', resource: 'namespaces' } as const

/** Exist from the start and cannot be deleted. */
export const seededNamespaces = ['default', 'kube-system', 'kube-public', 'fleet-system'] as const

const nameLabel = 'kubernetes.io/metadata.name'

export const namespaces: KindBehavior = {
  prepare(object, old, { subresource }) {
    const name = object.metadata.name ?? ''
    const metadata = { ...object.metadata, labels: { ...object.metadata.labels, [nameLabel]: name } }
    const spec = isJsonObject(object['spec']) ? object['spec'] : {}
    if (!old) return { ...object, metadata }
    const finalizers =
      subresource === 'finalize' ? namespaceFinalizers({ spec }) : namespaceFinalizers({ spec: old['spec'] })
    return {
      ...object,
      metadata,
      spec: { ...spec, ...(finalizers.length > 0 ? { finalizers } : { finalizers: undefined }) },
    }
  },
  assigned(object, old) {
    if (old) return object
    const spec = isJsonObject(object['spec']) ? object['spec'] : {}
    const finalizers = [...new Set([...namespaceFinalizers({ spec }), 'kubernetes'])]
    return { ...object, spec: { ...spec, finalizers }, status: { phase: 'Active' } }
  },
  undeletable({ metadata }) {
    const seeded = (seededNamespaces as readonly string[]).includes(metadata.name ?? '')
    return seeded ? 'this namespace may not be deleted' : undefined
  },
  deleting(object) {
    const status = isJsonObject(object['status']) ? object['status'] : {}
    const { deletionGracePeriodSeconds: _none, ...metadata } = object.metadata
    return { ...object, metadata, status: { ...status, phase: 'Terminating' } }
  },
  held(object) {
    return namespaceFinalizers({ spec: object['spec'] }).length > 0
  },
}

/**
 * Objects are created only in namespaces that exist and stay. Throws StatusError 404 (with the namespace's own name, so
 * that clients can tell) or 403 with cause NamespaceTerminating.
 */
export async function requireNamespace(
  store: ObjectStore,
  namespace: string,
  subject: { readonly group: string; readonly plural: string; readonly name: string },
): Promise<void> {
  const found = await store.get(namespaceType, { name: namespace })
  if (!found) throw notFound(namespaceType, namespace)
  if (!found.object.metadata.deletionTimestamp) return
  const message = `unable to create new content in namespace ${namespace} because it is being terminated`
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  throw forbidden({ group: subject.group, resource: subject.plural }, subject.name, message, [cause])
}

/** Creates the seeded namespaces that are not there. Idempotent, also against other instances doing the same. */
export async function seedNamespaces(
  store: ObjectStore,
  { uid, now }: { uid: () => string; now: string },
): Promise<void> {
  const { items } = await store.list(namespaceType)
  const present = new Set(items.map(({ key }) => key.name))
  for (const name of seededNamespaces.filter((seed) => !present.has(seed))) {
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, uid: uid(), creationTimestamp: now, labels: { [nameLabel]: name } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    }
    try {
      await store.write(namespaceType, { key: { name }, expect: 'absent', object })
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
  }
}
