// How one object is written: which request, with which content.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject, OwnerReference } from '../../api/kube-object.ts'
import type { EffectiveApplyStrategy } from '../rollout/strategy.ts'
import { lastApplied, sanitised, withLastApplied, withSpecHash } from './clean.ts'
import { builtInMerge, isBuiltIn, type MergeLookup } from './merge-keys.ts'
import { threeWayMergePatch } from './merge-patch.ts'
import { isOnlyOurs } from './own-fields.ts'
import { sameOwner } from './ownership.ts'
import { threeWayStrategicPatch } from './strategic-patch.ts'

/** A request to a member about one object; the same shapes the member port takes. */
export type WriteRequest =
  | { readonly verb: 'create'; readonly object: KubeObject }
  | { readonly verb: 'update'; readonly object: KubeObject }
  | { readonly verb: 'apply'; readonly object: KubeObject; readonly force: boolean }
  | { readonly verb: 'patch'; readonly type: 'merge' | 'strategic'; readonly patch: unknown }

export interface ApplyInput {
  readonly manifest: KubeObject
  /** The object on the member; `undefined` when there is none. */
  readonly live: KubeObject | undefined
  readonly owner: OwnerReference
  readonly strategy: EffectiveApplyStrategy
  /** How lists merge; the table of built-in kinds when absent. */
  readonly mergeLookup?: (kind: string) => MergeLookup
}

/**
 * The request that makes the object what the manifest says. Creates whatever is missing; otherwise the strategy decides.
 * A live object is only overwritten at the version it was compared at when the strategy promises to apply without drift.
 */
export function writeRequest(input: ApplyInput): WriteRequest {
  const { manifest, live, owner, strategy } = input
  const clean = withSpecHash(sanitised(manifest))
  const owners = [...(manifest.metadata.ownerReferences ?? []), owner]
  const owned: KubeObject = { ...clean, metadata: { ...clean.metadata, ownerReferences: owners } }
  const clientSide = strategy.type === 'ClientSideApply'
  const { object: wanted, fits } = clientSide ? withLastApplied(owned) : { object: owned, fits: false }
  if (!live) return { verb: 'create', object: wanted }

  const version = strategy.whenToApply === 'IfNotDrifted' ? live.metadata.resourceVersion : undefined
  if (!clientSide || !fits) {
    const force = (!clientSide && strategy.serverSideApplyConfig?.force === true) || isOnlyOurs(live)
    return { verb: 'apply', object: atVersion(wanted, version), force }
  }
  const original = parsed(lastApplied(live))
  const patch = isBuiltIn(wanted.apiVersion)
    ? threeWayStrategicPatch(original, wanted, live, (input.mergeLookup ?? builtInMerge)(wanted.kind))
    : threeWayMergePatch(original, withLiveOwners(wanted, live), live)
  return {
    verb: 'patch',
    type: isBuiltIn(wanted.apiVersion) ? 'strategic' : 'merge',
    patch: version === undefined ? patch : { ...patch, metadata: { ...metadataOf(patch), resourceVersion: version } },
  }
}

/** A plain merge replaces the list of owners as a whole, so the other owners must be in it to stay. */
function withLiveOwners(wanted: KubeObject, live: KubeObject): KubeObject {
  const ours = wanted.metadata.ownerReferences ?? []
  const others = (live.metadata.ownerReferences ?? []).filter((other) => !ours.some((own) => sameOwner(own, other)))
  return { ...wanted, metadata: { ...wanted.metadata, ownerReferences: [...others, ...ours] } }
}

/** Whether a request would change nothing, so that it need not be sent. */
export function isNoChange(request: WriteRequest): boolean {
  return request.verb === 'patch' && isJsonObject(request.patch) && Object.keys(request.patch).length === 0
}

function atVersion(object: KubeObject, resourceVersion: string | undefined): KubeObject {
  return resourceVersion === undefined ? object : { ...object, metadata: { ...object.metadata, resourceVersion } }
}

function metadataOf(patch: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return isJsonObject(patch['metadata']) ? patch['metadata'] : {}
}

/** A note that cannot be read is no note: nothing is removed on its account. */
function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}
