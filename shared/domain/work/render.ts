// What one cluster is to have: the objects of a snapshot, unpacked from their envelopes, with the cluster's overrides.
import type { KubeObject } from '../../api/kube-object.ts'
import type { ManifestCondition } from '../../api/work.ts'
import { InvalidInputError } from '../../errors.ts'
import { applyOverrides, type NamedPolicy, overrideTarget } from '../override/apply.ts'
import { namespaceKey, objectKey, selectorKey } from '../override/candidates.ts'
import type { OverrideLists, Overrides } from '../override/match.ts'
import type { ClusterFacts } from '../override/variables.ts'
import { envelopeContent, envelopeKind } from './envelope.ts'

export interface RenderedManifest {
  readonly object: KubeObject
  /** Where it came out of. */
  readonly envelope?: NonNullable<ManifestCondition['envelope']>
}

export type Rendered =
  | { readonly kind: 'rendered'; readonly manifests: readonly RenderedManifest[] }
  /** Nothing may be applied: `override` failures become Overridden False, `sync` failures WorkSynchronized False. */
  | { readonly kind: 'failed'; readonly phase: 'override' | 'sync'; readonly message: string }

export interface RenderInput {
  /** The objects of the snapshot, in its order. */
  readonly objects: readonly KubeObject[]
  /** The lists of the binding. */
  readonly lists: OverrideLists
  /** The snapshots those lists name; others do no harm. */
  readonly overrides: Overrides
  readonly cluster: ClusterFacts
}

/** Renders all or nothing: an object that cannot be rendered must not leave the cluster with half of the change. */
export function renderManifests({ objects, lists, overrides, cluster }: RenderInput): Rendered {
  let phase: 'override' | 'sync' = 'override'
  try {
    const policies = policiesOf(lists, overrides)
    const manifests: RenderedManifest[] = []
    for (const object of objects) {
      phase = 'sync'
      const unpacked = unpack(object)
      phase = 'override'
      manifests.push(...unpacked.flatMap((manifest) => overridden(manifest, policies, cluster)))
    }
    return { kind: 'rendered', manifests }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    return { kind: 'failed', phase, message: error.message }
  }
}

/** The manifests an object stands for: itself, or its content if it is an envelope. Throws InvalidInputError. */
export function unpack(object: KubeObject): RenderedManifest[] {
  const type = envelopeKind(object)
  if (!type) return [{ object }]
  const { name = '', namespace } = object.metadata
  const envelope = { name, ...(namespace && { namespace }), type }
  return envelopeContent(object).map((inner) => ({ object: inner, envelope }))
}

/** Overrides by the object they select, in the order of application. */
export interface Policies {
  readonly cluster: ReadonlyMap<string, readonly NamedPolicy[]>
  readonly namespaced: ReadonlyMap<string, readonly NamedPolicy[]>
}

/** Looks the listed overrides up. Throws InvalidInputError for one that is not there (any more). */
export function policiesOf(lists: OverrideLists, overrides: Overrides): Policies {
  const clusterByName = new Map(overrides.cluster.map((one) => [one.metadata.name, one]))
  const byKey = (namespace: string | undefined, name: string | undefined) => `${namespace ?? ''}/${name ?? ''}`
  const namespacedByKey = new Map(
    overrides.namespaced.map((one) => [byKey(one.metadata.namespace, one.metadata.name), one]),
  )
  const cluster = new Map<string, NamedPolicy[]>()
  for (const name of lists.clusterResourceOverrideSnapshots) {
    const { overrideSpec } = found(clusterByName.get(name), 'ClusterResourceOverrideSnapshot', name).spec
    const entry: NamedPolicy = { kind: 'ClusterResourceOverrideSnapshot', name, policy: overrideSpec.policy }
    const selectors = overrideSpec.clusterResourceSelectors ?? []
    for (const selector of selectors) push(cluster, selectorKey({ ...selector, name: selector.name ?? '' }), entry)
  }
  const namespaced = new Map<string, NamedPolicy[]>()
  for (const { name, namespace } of lists.resourceOverrideSnapshots) {
    const key = byKey(namespace, name)
    const { overrideSpec } = found(namespacedByKey.get(key), 'ResourceOverrideSnapshot', key).spec
    const entry: NamedPolicy = { kind: 'ResourceOverrideSnapshot', name, policy: overrideSpec.policy }
    for (const selector of overrideSpec.resourceSelectors ?? []) {
      push(namespaced, selectorKey({ ...selector, ...(namespace && { namespace }) }), entry)
    }
  }
  return { cluster, namespaced }
}

function found<T>(snapshot: T | undefined, kind: string, name: string): T {
  if (!snapshot) throw new InvalidInputError(`${kind} ${name} does not exist, although the binding names it`)
  return snapshot
}

function push(map: Map<string, NamedPolicy[]>, key: string, entry: NamedPolicy): void {
  const list = map.get(key)
  if (list) list.push(entry)
  else map.set(key, [entry])
}

/** A manifest after its overrides; nothing when one deletes it. Throws InvalidInputError, naming the envelope if any. */
export function overridden(manifest: RenderedManifest, policies: Policies, cluster: ClusterFacts): RenderedManifest[] {
  const { object: before, envelope } = manifest
  try {
    const object = applyOverrides(before, overridesOf(before, policies), cluster)
    return object ? [{ ...manifest, object }] : []
  } catch (error) {
    if (!(error instanceof InvalidInputError) || !envelope) throw error
    const where = overrideTarget(envelope.type ?? 'Envelope', envelope.name, envelope.namespace ?? '')
    throw new InvalidInputError(`${error.message} (object of ${where})`)
  }
}

/** The overrides of an object: those of its namespace or of itself, then the namespaced ones, which therefore win. */
export function overridesOf(object: KubeObject, { cluster, namespaced }: Policies): NamedPolicy[] {
  const key = objectKey(object)
  const { namespace } = object.metadata
  if (!namespace) return [...(cluster.get(key) ?? [])]
  return [...(cluster.get(namespaceKey(namespace)) ?? []), ...(namespaced.get(key) ?? [])]
}
