// From what a writer proposes to what may be stored: the same steps for create, update and every patch.

import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject, type ObjectMeta } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'
import { requireHeld } from '../auth/rbac/escalation.ts'
import { builtinDefinition } from '../builtin/definitions.ts'
import { type DecodedObject, decodeTyped } from '../builtin/typed-decode.ts'
import { encodeTyped } from '../builtin/typed-encode.ts'
import { badRequest, forbidden, invalid, StatusError, tooLarge } from '../http/status-error.ts'
import type { AdmissionRequest } from '../options.ts'
import { sameJson } from '../patch/json-value.ts'
import { PatchError } from '../patch/patch-error.ts'
import { noField } from '../schema/field-errors.ts'
import { processKind } from '../schema/process.ts'
import type { FieldError } from '../schema/schema.ts'
import { keepTimesWhenUnchanged } from '../ssa/apply.ts'
import { trackUpdate } from '../ssa/track-update.ts'
import { type BehaviorContext, behaviorOf } from './behavior.ts'
import { checkTypedHead, checkUntypedHead } from './body-kind.ts'
import { type Call, typeOf } from './call.ts'
import {
  coerceMetadata,
  finalizerWarnings,
  immutableErrors,
  metadataErrors,
  newFinalizerErrors,
  timestamp,
} from './metadata.ts'
import type { WriteOptions } from './write-options.ts'

/** A state somebody wants, and how they came to want it. */
export interface Proposal {
  readonly object: KubeObject
  /** Fields the body gave twice. */
  readonly duplicates: readonly string[]
  /** Owners are already worked out: server-side apply. */
  readonly owned?: boolean
  /** Fields the kind does not have that decoding left out already. */
  readonly unknown?: readonly string[]
  /** What a patch made of the object, as text: its faults are 422 and show it, those of a whole object are 400. */
  readonly patched?: string
}

/**
 * The decoded body, or what a patch made, as an object of the call's kind. Throws StatusError 400 when it is of another
 * kind; 400, or 422 for a patch, when its fields do not have the types of the kind's.
 */
export function objectOfKind(call: Call, value: JsonObject, patched?: string): Pick<Proposal, 'object' | 'unknown'> {
  const { kind } = call
  const apiVersion = apiVersionOf(kind)
  if (kind.origin === 'builtin') checkTypedHead(call, value, (why) => unreadable(call, why, patched))
  else checkUntypedHead(call, value, patched !== undefined)
  const { object, unknownFields } = typedFields(call, value, patched)
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object
  return {
    object: { apiVersion, kind: kind.kind, metadata: coerceMetadata(metadata, kind), ...rest },
    unknown: unknownFields,
  }
}

function typedFields(call: Call, value: JsonObject, patched: string | undefined): DecodedObject {
  const { kind } = call
  try {
    if (kind.origin === 'builtin' && kind.schema) return decodeTyped(kind.schema, value)
    const { object: metadata, unknownFields } = decodeTyped(objectMeta(), value['metadata'] ?? {})
    return { object: { ...value, metadata }, unknownFields: unknownFields.map((field) => `metadata.${field}`) }
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw unreadable(call, error.message, patched)
  }
}

/** 422 about a patch whose outcome is no object of its kind. */
function invalidPatch(patched: string, message: string): StatusError {
  const shown = `Invalid value: ${JSON.stringify(patched)}: ${message}`
  return invalid({ group: '', kind: '' }, '', [{ field: 'patch', reason: 'FieldValueInvalid', message: shown }])
}

/**
 * The object to store. `old` is absent on create. Throws StatusError 400 or 422 with every fault, and whatever admission
 * throws. Nothing is written.
 */
export async function settle(
  call: Call,
  proposal: Proposal,
  old: KubeObject | undefined,
  options: WriteOptions,
): Promise<KubeObject> {
  const { kind, server, target } = call
  const now = timestamp(server.clock.now())
  const context: BehaviorContext = { store: server.store, now, subresource: target.subresource }
  const behavior = behaviorOf(kind)
  const prepared = behavior.prepare?.(proposal.object, old, context) ?? proposal.object
  const processed = shaped(call, { ...proposal, object: prepared }, old, options)
  await requireHeld(call, processed.object, old)
  const faults = [
    ...processed.errors,
    ...metadataErrors(kind, processed.object),
    ...(old ? [...immutableErrors(processed.object, old), ...newFinalizerErrors(processed.object, old)] : []),
    ...(behavior.errors?.(processed.object, old) ?? []),
  ]
  if (faults.length > 0) throw invalid(subjectOf(kind), processed.object.metadata.name ?? '', faults)
  const admitted = await admittedState(call, processed.object, old)
  const completed = written(kind, (await behavior.complete?.(admitted, old, context)) ?? admitted)
  call.warnings.push(...finalizerWarnings(completed, old), ...(behavior.warnings?.(completed, old) ?? []))
  const owned = withOwners(call, { ...proposal, object: withGeneration(call, completed, old) }, old, options, now)
  const tracked = behavior.assigned?.(owned, old) ?? owned
  checkSize(call, tracked)
  return tracked
}

const objectMeta = () => builtinDefinition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')

/** Built-in kinds, and the metadata of all, have one way to be written down. */
function written({ origin, schema }: Call['kind'], object: KubeObject): KubeObject {
  if (origin !== 'builtin' || !schema)
    return { ...object, metadata: encodeTyped(objectMeta(), asJson(object)['metadata'] as JsonObject) as ObjectMeta }
  return encodeTyped(schema, asJson(object)) as unknown as KubeObject
}

/** Events of both groups are judged as what they are stored as. */
function subjectOf({ group, kind, origin, storage }: Call['kind']): { readonly group: string; readonly kind: string } {
  return { group: origin === 'builtin' ? storage.group : group, kind }
}

/** The proposal as its schema makes it, and what the schema finds wrong. Warns of, or refuses, fields it does not know. */
export function shaped(
  call: Call,
  { object, duplicates, unknown = [], patched }: Proposal,
  old: KubeObject | undefined,
  options: WriteOptions,
) {
  const processed = processKind(call.kind, asJson(object), { old: old && asJson(old) })
  if (processed.unreadable !== undefined) throw unreadable(call, processed.unreadable, patched)
  reportFields(call, [...unknown, ...processed.unknownFields], duplicates, options, patched)
  call.warnings.push(...processed.warnings)
  const ofStatus = call.target.subresource === 'status' && call.kind.origin === 'custom'
  const errors = ofStatus ? processed.errors.map(asOfStatus) : processed.errors
  return { object: processed.object as unknown as KubeObject, errors }
}

/** The status is judged by itself when it is written: what is said of its fields names them from there. */
function asOfStatus(error: FieldError): FieldError {
  const { field, message } = error
  if (field.startsWith('status.'))
    return { ...error, message: message.replace(`: ${field} in body `, `: ${field.slice('status.'.length)} in body `) }
  const shorter = message.replace(/(?<=[ "])status\.(?=\S)/, '')
  return field === noField && shorter !== message ? { ...error, field: 'status', message: shorter } : error
}

function unreadable({ kind }: Call, reason: string, patched: string | undefined): StatusError {
  if (patched !== undefined) return invalidPatch(patched, reason)
  return badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${reason}`)
}

/** Unknown and duplicate fields: refused, warned about or passed over, as `fieldValidation` says. */
function reportFields(
  call: Call,
  unknown: readonly string[],
  duplicates: readonly string[],
  { validation }: WriteOptions,
  patched: string | undefined,
): void {
  if (validation === 'Ignore') return
  const texts = [
    ...unknown.map((path) => `unknown field "${path}"`),
    ...duplicates.map((path) => `duplicate field "${path}"`),
  ]
  if (texts.length === 0) return
  if (validation === 'Warn') {
    call.warnings.push(...texts)
    return
  }
  const message = `strict decoding error: ${texts.join(', ')}`
  if (patched !== undefined) throw invalidPatch(patched, message)
  const { kind, version } = call.kind
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${message}`)
}

async function admittedState(call: Call, object: KubeObject, old: KubeObject | undefined): Promise<KubeObject> {
  const { server, kind } = call
  if (!server.admit) return object
  try {
    const admission = await server.admit(old ? 'UPDATE' : 'CREATE', kind, object, old, admissionRequest(call))
    if (admission.forbidden !== undefined)
      throw forbidden(typeOf(kind), object.metadata.name ?? '', admission.forbidden)
    call.warnings.push(...(admission.warnings ?? []))
    return admission.object
  } catch (error) {
    throw admissionError(error, kind, object.metadata.name ?? '')
  }
}

export function admissionRequest({ user, target }: Call): AdmissionRequest {
  return { user, subresource: target.subresource }
}

/** A refusal that says which field it is about: its path, a colon, the words. */
const aboutField = /^((?:spec|metadata)(?:[.[][^\s:]*)?): (.*)$/s

/** InvalidInputError is 422 in its own words; everything else passes. */
export function admissionError(error: unknown, kind: Call['kind'], name: string): unknown {
  if (!(error instanceof InvalidInputError) || error instanceof PatchError) return error
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  // kubectl prints the causes of an Invalid and nothing else.
  const [, field = 'spec', message = error.message] = aboutField.exec(error.message) ?? []
  const causes = [{ reason: 'FieldValueInvalid', message, field }]
  const details = { name, group: kind.group, kind: kind.kind, causes }
  return new StatusError(422, 'Invalid', `${subject} "${name}" is invalid: ${error.message}`, details)
}

/** Counts the changes of what the object wants: everything outside metadata and, where it is apart, status. */
function withGeneration(call: Call, object: KubeObject, old: KubeObject | undefined): KubeObject {
  const { kind } = call
  if (!kind.generation) return object
  const before = old?.metadata.generation ?? 0
  const changed = !old || !sameJson(wanted(object, kind.statusSubresource), wanted(old, kind.statusSubresource))
  return { ...object, metadata: { ...object.metadata, generation: changed ? before + 1 : before } }
}

function wanted(object: KubeObject, statusApart: boolean): JsonObject {
  const { metadata: _metadata, apiVersion: _version, kind: _kind, ...rest } = asJson(object)
  if (!statusApart) return rest
  const { status: _status, ...spec } = rest
  return spec
}

function withOwners(
  call: Call,
  proposal: Proposal,
  old: KubeObject | undefined,
  { manager }: WriteOptions,
  now: string,
): KubeObject {
  const { kind, target } = call
  const { object } = proposal
  if (proposal.owned) return old ? keepTimesWhenUnchanged(old, object, kind.schema) : object
  const next = trackUpdate({
    schema: kind.schema,
    apiVersion: object.apiVersion,
    now,
    subresource: target.subresource,
    statusSubresource: kind.statusSubresource,
    old,
    next: object,
    manager,
  })
  return old ? keepTimesWhenUnchanged(old, next, kind.schema) : next
}

function checkSize(call: Call, object: KubeObject): void {
  const limit = call.server.limits.objectBytes
  const size = Buffer.byteLength(JSON.stringify(object))
  if (size > limit) throw tooLarge(`the object has ${size} bytes, limit is ${limit}`)
}
