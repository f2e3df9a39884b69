// The objects of one in-memory member and the rules every write to them obeys: what an API server checks and keeps.
import type { Json } from '../../../api/json.ts'
import { asJson, type KubeObject } from '../../../api/kube-object.ts'
import type { Clock, Ids } from '../../../ports/clock.ts'
import { type MemberChange, type MemberRef, MemberRefusal, type MemberWrite } from '../../../ports/member-cluster.ts'
import { changedBy, takeApplied } from './field-managers.ts'
import { builtinKinds, kindsOfCrd, type MemberKind, sameKind } from './kinds.ts'
import { applyMerge, mergePatch, strategicPatch } from './merge.ts'
import { type Manager, managedFieldsOf, managersOf } from './ownership.ts'
import {
  checkFinalizers,
  checkPrecondition,
  copyField,
  differs,
  fixedMetadata,
  isBuiltin,
  managedless,
  refuseDuplicate,
  sameOwners,
  sameText,
  timeText,
  typeText,
  withDefaults,
  withoutEmptyMaps,
} from './write-rules.ts'

/** An object as kept, with who owns its fields; `object.metadata.managedFields` is made from `managers`. */
export interface Kept {
  readonly kind: MemberKind
  object: KubeObject
  managers: readonly Manager[]
}

/** A change as a watch tells it. */
export interface KeptChange {
  readonly kind: MemberKind
  readonly revision: number
  /** Who wrote; empty for the server itself. */
  readonly manager: string
  readonly change: MemberChange
}

/** The state of one member. */
export interface Objects {
  /** Changes after a revision, oldest first. */
  changes(after: number): readonly KeptChange[]
  /** Revision of the last change. */
  revision(): number
  /** Every kind served now. */
  kinds(): readonly MemberKind[]
  all(): readonly Kept[]
  find(ref: MemberRef): Kept | undefined
  byUid(uid: string): Kept | undefined
  /** Throws MemberRefusal. The answer is a copy. */
  write(ref: MemberRef, write: MemberWrite, options: { dryRun: boolean; manager: string }): KubeObject
  /** Stores a change the server itself makes: a status, a lost owner, a finalizer. */
  amend(kept: Kept, change: (object: KubeObject) => void): void
  drop(kept: Kept): void
}

const keyOfRef = (kind: MemberKind, namespace: string | undefined, name: string) =>
  `${kind.group}/${kind.resource}/${kind.namespaced ? namespace : ''}/${name}`

/** An empty member: not even the default namespace. */
export function createObjects(clock: Clock, ids: Ids): Objects {
  const kept = new Map<string, Kept>()
  const changes: KeptChange[] = []
  let revision = 0

  const kinds = () => [
    ...builtinKinds,
    ...[...kept.values()].flatMap(({ kind, object }) =>
      kind.kind === 'CustomResourceDefinition' ? kindsOfCrd(object) : [],
    ),
  ]
  const kindOf = ({ resource }: MemberRef): MemberKind => {
    const kind = kinds().find((candidate) => sameKind(candidate, resource) && candidate.resource === resource.resource)
    if (!kind) throw new MemberRefusal(404, 'NotFound', 'the server could not find the requested resource')
    return kind
  }
  const find = (ref: MemberRef) => kept.get(keyOfRef(kindOf(ref), ref.namespace, ref.name))
  const stamp = (entry: Kept) => {
    revision += 1
    entry.object.metadata = { ...entry.object.metadata, resourceVersion: String(revision) }
    if (entry.managers.length > 0) entry.object.metadata.managedFields = managedFieldsOf(entry.managers)
    else delete entry.object.metadata.managedFields
  }
  const record = (entry: Kept, type: MemberChange['type'], manager: string) => {
    if (type === 'DELETED') revision += 1
    const metadata = structuredClone(entry.object.metadata)
    if (type === 'DELETED') metadata.resourceVersion = String(revision)
    changes.push({ kind: entry.kind, revision: Number(metadata.resourceVersion), manager, change: { type, metadata } })
  }
  const checkNamespace = (kind: MemberKind, namespace: string | undefined) => {
    if (!kind.namespaced) return
    const found = kept.get(`/namespaces//${namespace}`)
    if (!found) throw new MemberRefusal(404, 'NotFound', `namespaces "${namespace}" not found`)
    if (found.object.metadata.deletionTimestamp)
      throw new MemberRefusal(
        403,
        'Forbidden',
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      )
  }

  const create = (
    kind: MemberKind,
    ref: MemberRef,
    object: KubeObject,
    dryRun: boolean,
    managers: readonly Manager[],
  ) => {
    checkNamespace(kind, ref.namespace)
    const key = keyOfRef(kind, ref.namespace, ref.name)
    const present = kept.get(key)
    if (present) refuseDuplicate(kind, present.object)
    if (object.metadata.resourceVersion)
      throw new MemberRefusal(400, 'BadRequest', 'resourceVersion should not be set on objects to be created')
    const created = withDefaults(kind, structuredClone(object))
    created.metadata = {
      ...created.metadata,
      name: ref.name,
      ...(kind.namespaced ? { namespace: ref.namespace } : {}),
      uid: ids.uuid(),
      creationTimestamp: timeText(clock.now()),
      ...(kind.generation ? { generation: 1 } : {}),
    }
    if (!kind.generation) delete created.metadata.generation
    if (kind.statusSubresource) delete created['status']
    const entry: Kept = { kind, object: created, managers }
    stamp(entry)
    if (dryRun) delete entry.object.metadata.resourceVersion
    else kept.set(key, entry)
    return structuredClone(entry.object)
  }

  const replace = (entry: Kept, next: KubeObject, dryRun: boolean, managers: readonly Manager[]) => {
    const { kind, object: live } = entry
    const wanted = next.metadata
    const changed = withDefaults(kind, structuredClone(next))
    checkPrecondition(kind, live, wanted.resourceVersion, wanted.uid)
    checkFinalizers(kind, live, next)
    changed.metadata = {
      ...changed.metadata,
      ...fixedMetadata(live),
    }
    if (kind.statusSubresource) copyField(live, changed, 'status')
    if (kind.generation && differs(live, changed)) changed.metadata.generation = (live.metadata.generation ?? 1) + 1
    const draft: Kept = { kind, object: changed, managers }
    if (!sameText(managedless(live), managedless(changed)) || !sameOwners(entry.managers, managers)) stamp(draft)
    else draft.object = structuredClone(live)
    if (dryRun) return structuredClone(draft.object)
    entry.object = draft.object
    entry.managers = managers
    // The last finalizer ends an object that waited for it; a namespace waits for its contents besides.
    const { deletionTimestamp, finalizers = [] } = entry.object.metadata
    if (deletionTimestamp && finalizers.length === 0 && kind.kind !== 'Namespace') drop(entry)
    return structuredClone(entry.object)
  }

  const drop = (entry: Kept) => {
    const { namespace, name = '' } = entry.object.metadata
    if (kept.delete(keyOfRef(entry.kind, namespace, name))) record(entry, 'DELETED', '')
  }

  const missing = (kind: MemberKind, name: string) =>
    new MemberRefusal(404, 'NotFound', `${typeText(kind)} "${name}" not found`)
  const nowText = () => timeText(clock.now())

  const apply = (kind: MemberKind, ref: MemberRef, write: MemberWrite & { verb: 'apply' }, options: Options) => {
    if (write.object.metadata.managedFields)
      throw new MemberRefusal(400, 'BadRequest', 'metadata.managedFields must be nil')
    const entry = kept.get(keyOfRef(kind, ref.namespace, ref.name))
    const builtin = isBuiltin(kind)
    const live = entry?.object
    if (live) checkPrecondition(kind, live, write.object.metadata.resourceVersion, write.object.metadata.uid)
    const outcome = takeApplied({
      live: live ? asJson(live) : undefined,
      managers: entry?.managers ?? [],
      applied: asJson(write.object),
      merged: applyMerge(live ? asJson(live) : undefined, asJson(write.object), builtin),
      manager: { name: options.manager, apiVersion: write.object.apiVersion, time: nowText() },
      force: write.force,
      builtin,
    })
    const next = outcome.object as unknown as KubeObject
    if (!entry) return create(kind, ref, next, options.dryRun, outcome.managers)
    delete next.metadata.resourceVersion
    return replace(entry, next, options.dryRun, outcome.managers)
  }

  const change = (entry: Kept, next: KubeObject, options: Options) => {
    const manager = { name: options.manager, apiVersion: next.apiVersion, time: nowText() }
    const before = asJson(entry.object)
    const sent = next.metadata.managedFields
    const given = sent && !sameText(sent, entry.object.metadata.managedFields) ? managersOf(sent) : entry.managers
    return replace(entry, next, options.dryRun, changedBy(before, asJson(next), given, manager, isBuiltin(entry.kind)))
  }

  const patchStatus = (entry: Kept, patch: Json, options: Options) => {
    const merged = mergePatch(asJson(entry.object), patch) as unknown as KubeObject
    const draft: Kept = { ...entry, object: structuredClone(entry.object) }
    copyField(merged, draft.object, 'status')
    if (!sameText(managedless(entry.object), managedless(draft.object))) stamp(draft)
    if (!options.dryRun) entry.object = draft.object
    return structuredClone(draft.object)
  }

  const perform: Objects['write'] = (ref, write, options) => {
    const kind = kindOf(ref)
    if (write.verb === 'apply') return apply(kind, ref, write, options)
    if (write.verb === 'create') {
      const manager = { name: options.manager, apiVersion: write.object.apiVersion, time: nowText() }
      const managers = changedBy({}, asJson(write.object), [], manager, isBuiltin(kind))
      return create(kind, ref, write.object, options.dryRun, managers)
    }
    const entry = kept.get(keyOfRef(kind, ref.namespace, ref.name))
    if (!entry) throw missing(kind, ref.name)
    if (write.verb === 'update') return change(entry, withoutEmptyMaps(write.object), options)
    if (write.type === 'strategic' && !isBuiltin(kind))
      throw new MemberRefusal(415, 'UnsupportedMediaType', 'strategic merge patch is for built-in kinds')
    const patch = write.patch as Json
    if (write.subresource === 'status') return patchStatus(entry, patch, options)
    const patched = (write.type === 'merge' ? mergePatch : strategicPatch)(asJson(entry.object), patch)
    return change(entry, withoutEmptyMaps(patched as unknown as KubeObject), options)
  }

  const write: Objects['write'] = (ref, write, options) => {
    const before = find(ref)?.object.metadata.resourceVersion
    const answer = perform(ref, write, options)
    const after = find(ref)
    if (after && after.object.metadata.resourceVersion !== before)
      record(after, before === undefined ? 'ADDED' : 'MODIFIED', options.manager)
    return answer
  }

  return {
    changes: (after) => changes.filter(({ revision: at }) => at > after),
    revision: () => revision,
    kinds,
    all: () => [...kept.values()],
    find,
    byUid: (uid) => [...kept.values()].find(({ object }) => object.metadata.uid === uid),
    write,
    amend: (entry, edit) => {
      edit(entry.object)
      stamp(entry)
      record(entry, 'MODIFIED', '')
    },
    drop,
  }
}

interface Options {
  readonly dryRun: boolean
  readonly manager: string
}
