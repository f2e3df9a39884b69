// Which messages commit with a write of a hub object: who in the pipeline must hear of it.
import { gvkOf, type KubeObject, type ObjectKey, type ResourceType, typeText } from '../api/kube-object.ts'
import { MemberCluster } from '../api/member-cluster.ts'
import type { Message } from '../api/message.ts'
import { approvalAnnotation } from '../domain/guard/removal-guard.ts'
import { hasLeft } from '../domain/membership/agents.ts'
import type { EligibilityLimits } from '../domain/membership/eligibility.ts'
import { changedAspects, wakeOf } from '../domain/membership/wakes.ts'
import { overrideLabels } from '../domain/override/snapshots.ts'
import { sortedKeys } from '../domain/placement/canonical-json.ts'
import { defaultKindRules, mayPropagateKind, mayPropagateNamespace } from '../domain/placement/kind-rules.ts'
import { definedKind } from '../domain/placement/selection-index.ts'
import { types } from './fleet-lists.ts'
import { credentialsSuffix, fleetNamespace } from './member-access.ts'
import { wakeChangedCluster, wakeClusters, wakeFold, wakeForObject, wakeReconcile } from './wake.ts'

export interface HubChange {
  readonly type: ResourceType
  readonly key: ObjectKey
  readonly change: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  readonly previous: KubeObject | undefined
}

/** Messages for a change. `now` (epoch milliseconds) and the limits tell whether a cluster's heartbeat is recent. */
export function newsOf(change: HubChange, now: number, limits: EligibilityLimits): Message[] {
  switch (typeText(change.type)) {
    case typeText(types.clusterResourcePlacement):
    case typeText(types.resourcePlacement):
      return placementNews(change)
    case typeText(types.memberCluster):
      return clusterNews(change, now, limits)
    case typeText(types.placementStatus):
      return change.change === 'ADDED' ? [] : [wakeFold(change.key.name)]
    case typeText(types.clusterResourceOverride):
    case typeText(types.resourceOverride):
      return overrideNews(change)
    case typeText(types.clusterResourceOverrideSnapshot):
      return snapshotNews(change, types.clusterResourceOverride)
    case typeText(types.resourceOverrideSnapshot):
      return snapshotNews(change, types.resourceOverride)
    case typeText(types.secret):
      return [...credentialsNews(change), ...objectNews(change)]
    default:
      return objectNews(change)
  }
}

function placementNews({ key, change, object, previous }: HubChange): Message[] {
  const renewed =
    change !== 'MODIFIED' ||
    object.metadata.generation !== previous?.metadata.generation ||
    object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp ||
    approval(object) !== approval(previous)
  return renewed ? [wakeReconcile(key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`)] : []
}

function approval(placement: KubeObject | undefined): string | undefined {
  return placement?.metadata.annotations?.[approvalAnnotation]
}

function clusterNews({ key, change, object, previous }: HubChange, now: number, limits: EligibilityLimits): Message[] {
  const before = MemberCluster.safeParse(previous)
  const after = MemberCluster.safeParse(object)
  const readable = change === 'MODIFIED' && before.success && after.success
  const wake = readable ? wakeOf(before.data, after.data, now, limits) : 'none'
  const asked =
    change !== 'MODIFIED' ||
    object.metadata.generation !== previous?.metadata.generation ||
    object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp
  if (wake !== 'none' && readable)
    return [wakeChangedCluster(key.name, changedAspects(before.data, after.data, now, limits))]
  const left = Boolean(object.metadata.deletionTimestamp) && after.success && hasLeft(after.data)
  return asked || left ? [wakeClusters([key.name])] : []
}

function credentialsNews({ key: { namespace, name } }: HubChange): Message[] {
  const cluster = name.slice(0, -credentialsSuffix.length)
  return namespace === fleetNamespace && name.endsWith(credentialsSuffix) && cluster !== ''
    ? [wakeClusters([cluster])]
    : []
}

function overrideNews({ type, key, change, object, previous }: HubChange): Message[] {
  const same = change === 'MODIFIED' && previous && wanted(object) === wanted(previous)
  return same ? [] : [wakeForObject(type, key.namespace, key.name)]
}

/** Somebody changed a snapshot by hand: its override puts it right. */
function snapshotNews({ key, object, previous }: HubChange, parentType: ResourceType): Message[] {
  const parents = [object, previous].flatMap((one) => one?.metadata.labels?.[overrideLabels.parent] ?? [])
  return [...new Set(parents)].map((parent) => wakeForObject(parentType, key.namespace, parent))
}

/** Anything that may be placed by someone. What only its status says is never placed. */
function objectNews({ type, key, change, object, previous }: HubChange): Message[] {
  const placeable =
    mayPropagateKind(defaultKindRules, gvkOf(object)) &&
    (key.namespace === undefined
      ? type.resource !== 'namespaces' || mayPropagateNamespace(key.name)
      : mayPropagateNamespace(key.namespace))
  const same = change === 'MODIFIED' && previous && wanted(object) === wanted(previous)
  if (!placeable || same) return []
  return [wakeForObject(type, key.namespace, key.name, selectedBy(object, previous))]
}

/** Labels of an object that travel in a message, in characters of JSON: a message may name a hundred objects. */
const labelCharacters = 1_000

/** What placements may have selected the object by, before the change and after it. */
function selectedBy(object: KubeObject, previous: KubeObject | undefined) {
  const after = object.metadata.labels ?? {}
  const before = previous?.metadata.labels ?? after
  const labels = JSON.stringify(sortedKeys(before)) === JSON.stringify(sortedKeys(after)) ? [after] : [after, before]
  const defined = definedKind(object)
  return {
    kind: object.kind,
    ...(JSON.stringify(labels).length <= labelCharacters && { labels }),
    ...(defined && { defines: { ...defined, versions: versionsOf(object) !== versionsOf(previous ?? object) } }),
  }
}

/** The versions a definition serves, as text. */
function versionsOf(object: KubeObject): string {
  const { versions } = (object['spec'] ?? {}) as { versions?: readonly { name?: unknown; served?: unknown }[] }
  return JSON.stringify((versions ?? []).map(({ name, served }) => [name, served]))
}

/** The part of an object that a member would get, as text; going away counts. */
function wanted({ status: _, metadata, ...rest }: KubeObject): string {
  const { labels, annotations, finalizers, deletionTimestamp } = metadata
  return JSON.stringify(sortedKeys({ ...rest, labels, annotations, finalizers, deletionTimestamp }))
}
