// DELETE of one object, and of a collection object by object.

import { z } from 'zod'
import type { JsonObject } from '../../api/json.ts'
import { asJson, type KubeObject } from '../../api/kube-object.ts'
import { ConflictError } from '../../errors.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import { decodeOptional } from '../http/body.ts'
import { isTrue } from '../http/request-info.ts'
import { badRequest, conflict, forbidden, invalid, methodNotAllowed, successBody } from '../http/status-error.ts'
import { behaviorOf } from './behavior.ts'
import { type Call, integerParameter, typeOf } from './call.ts'
import { deletedState, deleteStored, isOver, type Propagation } from './deletion.ts'
import { existing } from './modify.ts'
import { rendered } from './read.ts'
import { selectedObjects } from './selection.ts'
import { admissionError, admissionRequest } from './settle.ts'
import { asServed } from './stored-form.ts'
import { writeOptions } from './write-options.ts'

const DeleteOptions = z.looseObject({
  propagationPolicy: z.string().nullish(),
  orphanDependents: z.boolean().nullish(),
  gracePeriodSeconds: z.number().int().nullish(),
  dryRun: z.array(z.string()).nullish(),
  preconditions: z.looseObject({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
})

interface Deletion {
  readonly propagation: Propagation | undefined
  readonly dryRun: boolean
  readonly uid: string | undefined
  readonly revision: string | undefined
}

const maxRounds = 6

/** Deletes the object of a call; answers the Status of a removal or the object that is being deleted. */
export async function deleteOne(call: Call): Promise<JsonObject> {
  const deletion = await readOptions(call)
  for (let round = 1; ; round += 1) {
    const stored = await existing(call)
    checkPreconditions(call, stored, deletion)
    try {
      return await remove(call, stored, deletion)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
      if (round === maxRounds) throw conflict(typeOf(call.kind), call.target.name ?? '')
    }
  }
}

/** Deletes what the selectors name; answers the list as it was. Objects that go meanwhile are passed over. */
export async function deleteCollection(call: Call): Promise<{ items: KubeObject[]; revision: number }> {
  // Nobody empties a cluster by leaving out a name.
  if (call.kind.group === '' && call.kind.plural === 'namespaces') throw methodNotAllowed()
  const deletion = await readOptions(call)
  const limit = integerParameter(call.target.query, 'limit')
  const { items, revision } = await selectedObjects(call, limit === undefined ? {} : { limit })
  for (const stored of items) {
    try {
      await remove(call, stored, deletion)
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error
    }
  }
  return { items: items.map(({ object }) => asServed(call.kind, object)), revision }
}

async function remove(call: Call, stored: StoredObject, deletion: Deletion): Promise<JsonObject> {
  const { kind, server } = call
  const old = asServed(kind, stored.object)
  await admitDeletion(call, old)
  const { propagation } = deletion
  const now = server.clock.now()
  if (deletion.dryRun) {
    const next = deletedState(kind, old, { propagation, now })
    return isOver(kind, next) ? removedAnswer(call, old) : asJson(next)
  }
  const view = server.views?.(kind.storage)
  if (view) {
    if (!view.write?.delete) throw methodNotAllowed()
    const why = await view.write.refuses?.(stored.key)
    if (why !== undefined) throw methodNotAllowed(why)
    await view.write.delete(stored.key, old)
    return removedAnswer(call, old)
  }
  const outcome = await deleteStored(server, kind, stored, { propagation, now })
  return outcome.kind === 'removed' ? removedAnswer(call, outcome.object) : asJson(outcome.object)
}

async function admitDeletion(call: Call, old: KubeObject): Promise<void> {
  const { kind, server, warnings } = call
  const name = old.metadata.name ?? ''
  const why = behaviorOf(kind).undeletable?.(old)
  if (why !== undefined) throw forbidden(typeOf(kind), name, why)
  try {
    const admission = await server.admit?.('DELETE', kind, old, old, admissionRequest(call))
    if (admission?.forbidden !== undefined) throw forbidden(typeOf(kind), name, admission.forbidden)
    warnings.push(...(admission?.warnings ?? []))
  } catch (error) {
    throw admissionError(error, kind, name)
  }
}

function removedAnswer(call: Call, old: KubeObject): JsonObject {
  const { kind } = call
  const { metadata } = old
  if (kind.answersDeleted) return rendered(call, old)
  return successBody({ name: metadata.name, group: kind.group, kind: kind.plural, uid: metadata.uid })
}

async function readOptions(call: Call): Promise<Deletion> {
  const body = await decodeOptional(call.request)
  const { kind = 'DeleteOptions', apiVersion = '' } = body
  if (kind !== 'DeleteOptions') throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`)
  const parsed = DeleteOptions.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badRequest(`DeleteOptions cannot be read: ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { query } = call.target
  const { propagationPolicy, orphanDependents, dryRun, preconditions } = parsed.data
  const policy = propagationPolicy ?? query.get('propagationPolicy') ?? undefined
  const orphan = orphanDependents ?? booleanParameter(query.get('orphanDependents'))
  return {
    propagation: propagationOf(policy, orphan),
    dryRun: writeOptions(call, { dryRun: dryRun ?? [] }).dryRun,
    uid: preconditions?.uid ?? undefined,
    revision: preconditions?.resourceVersion ?? undefined,
  }
}

function propagationOf(policy: string | undefined, orphan: boolean | undefined): Propagation | undefined {
  const field = 'propagationPolicy'
  if (policy !== undefined && orphan !== undefined) {
    const both = 'orphanDependents and deletionPropagation cannot be both set'
    throw optionsError(field, `Invalid value: ${JSON.stringify(policy)}: ${both}`)
  }
  if (orphan !== undefined) return orphan ? 'Orphan' : 'Background'
  if (policy === undefined || policy === 'Background' || policy === 'Foreground' || policy === 'Orphan') return policy
  throw optionsError(
    field,
    `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    'FieldValueNotSupported',
  )
}

function booleanParameter(text: string | null): boolean | undefined {
  return text === null ? undefined : isTrue(text)
}

function optionsError(
  field: string,
  message: string,
  reason: 'FieldValueInvalid' | 'FieldValueNotSupported' = 'FieldValueInvalid',
) {
  const kind = { group: 'meta.k8s.io', kind: 'DeleteOptions' }
  return invalid(kind, '', [{ field, message, reason }])
}

function checkPreconditions(call: Call, { object }: StoredObject, { uid, revision }: Deletion): void {
  // Of all refusals this one names the kind.
  const subject = { group: call.kind.group, resource: call.kind.kind }
  const { metadata } = object
  const name = call.target.name ?? ''
  if (uid !== undefined && uid !== metadata.uid) {
    const message = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(subject, name, message)
  }
  if (revision === undefined || revision === metadata.resourceVersion) return
  const message = `the ResourceVersion in the precondition (${revision}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`
  throw conflict(subject, name, message)
}
