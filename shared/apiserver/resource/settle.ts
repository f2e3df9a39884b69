// From what a writer proposes to what may be stored: the same steps for create, update and every patch.

import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'
import { requireHeld } from '../auth/rbac/escalation.ts'
import { badRequest, invalid, StatusError, tooLarge } from '../http/status-error.ts'
import { sameJson } from '../patch/json-value.ts'
import { PatchError } from '../patch/patch-error.ts'
import { processKind } from '../schema/process.ts'
import { keepTimesWhenUnchanged } from '../ssa/apply.ts'
import { trackUpdate } from '../ssa/track-update.ts'
import { type BehaviorContext, behaviorOf } from './behavior.ts'
import type { Call, WriteOptions } from './call.ts'
import {
  coerceMetadata,
  finalizerWarnings,
  immutableErrors,
  metadataErrors,
  newFinalizerErrors,
  timestamp,
} from './metadata.ts'

/** A state somebody wants, and how they came to want it. */
export interface Proposal {
  readonly object: KubeObject
  /** Fields the body gave twice. */
  readonly duplicates: readonly string[]
  /** Owners are already worked out: server-side apply. */
  readonly owned?: boolean
  /** Unknown fields of a patch are 422, of a whole object 400. */
  readonly patch?: boolean
}

/** The decoded body as an object of the call's kind. Throws StatusError 400 when it is of another. */
export function objectOfKind(call: Call, value: JsonObject): KubeObject {
  const { kind } = call
  const apiVersion = apiVersionOf(kind)
  const sentVersion = headField(kind.kind, value, 'apiVersion') || apiVersion
  const sentKind = headField(kind.kind, value, 'kind') || kind.kind
  if (sentVersion !== apiVersion) {
    throw badRequest(
      `the API version in the data (${sentVersion}) does not match the expected API version (${apiVersion})`,
    )
  }
  if (sentKind !== kind.kind) {
    throw badRequest(
      `${sentKind} in version "${kind.version}" cannot be handled as a ${kind.kind}: the kind in the data does not match`,
    )
  }
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = value
  return { apiVersion, kind: kind.kind, metadata: coerceMetadata(metadata, kind), ...rest }
}

/** `apiVersion` or `kind` of a body; '' when absent. Throws StatusError 400 when it is no text. */
function headField(kind: string, value: JsonObject, field: 'apiVersion' | 'kind'): string {
  const found = value[field] ?? ''
  if (typeof found === 'string') return found
  const type = Array.isArray(found) ? 'array' : typeof found === 'boolean' ? 'bool' : typeof found
  const why = `json: cannot unmarshal ${type} into Go struct field .${field} of type string`
  throw badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${why}`,
  )
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
  if (faults.length > 0) throw invalid(kind, processed.object.metadata.name ?? '', faults)
  const admitted = await admittedState(call, processed.object, old)
  const completed = (await behavior.complete?.(admitted, old, context)) ?? admitted
  call.warnings.push(...finalizerWarnings(completed, old), ...(behavior.warnings?.(completed, old) ?? []))
  const tracked = withOwners(call, { ...proposal, object: withGeneration(call, completed, old) }, old, options, now)
  checkSize(call, tracked)
  return tracked
}

/** The proposal as its schema makes it, and what the schema finds wrong. Warns of, or refuses, fields it does not know. */
export function shaped(
  call: Call,
  { object, duplicates, patch }: Proposal,
  old: KubeObject | undefined,
  options: WriteOptions,
) {
  const processed = processKind(call.kind, asJson(object), { old: old && asJson(old) })
  if (processed.unreadable !== undefined) throw unreadable(call, processed.unreadable, patch === true)
  reportFields(call, processed.unknownFields, duplicates, options, patch === true)
  call.warnings.push(...processed.warnings)
  return { object: processed.object as unknown as KubeObject, errors: processed.errors }
}

function unreadable({ kind, target }: Call, reason: string, patch: boolean): StatusError {
  if (patch) {
    const message = `Invalid value: "": ${reason}`
    return invalid(kind, target.name ?? '', [{ field: 'patch', reason: 'FieldValueInvalid', message }])
  }
  return badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${reason}`)
}

/** Unknown and duplicate fields: refused, warned about or passed over, as `fieldValidation` says. */
function reportFields(
  call: Call,
  unknown: readonly string[],
  duplicates: readonly string[],
  { validation }: WriteOptions,
  patch: boolean,
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
  if (!patch) throw badRequest(message)
  const name = call.target.name ?? ''
  throw invalid(call.kind, name, [
    { field: 'patch', reason: 'FieldValueInvalid', message: `Invalid value: "": ${message}` },
  ])
}

async function admittedState(call: Call, object: KubeObject, old: KubeObject | undefined): Promise<KubeObject> {
  const { server, kind } = call
  if (!server.admit) return object
  try {
    const admission = await server.admit(old ? 'UPDATE' : 'CREATE', kind, object, old)
    call.warnings.push(...(admission.warnings ?? []))
    return admission.object
  } catch (error) {
    throw admissionError(error, kind, object.metadata.name ?? '')
  }
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
