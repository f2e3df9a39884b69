// The HTTP edge of the API server: requests are understood and answers worded here. Every refusal is a Status.
import type { JsonObject } from '../../api/json.ts'
import { type ResourceType, typeText } from '../../api/kube-object.ts'
import type { FieldError } from '../schema/schema.ts'

/** `details.causes` of a Status. */
export interface StatusCause {
  readonly reason?: string
  readonly message: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string | undefined
  readonly group?: string | undefined
  /** The plural resource; the Kind for `Invalid`. */
  readonly kind?: string | undefined
  readonly uid?: string | undefined
  readonly causes?: readonly StatusCause[] | undefined
  readonly retryAfterSeconds?: number | undefined
}

/** A refusal with its HTTP code and everything its Status says. Clients switch on `reason` and `code`. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly code: number
  readonly reason: string
  /** Absent where the API server says nothing about what the request was about. */
  readonly details: StatusDetails | undefined
  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }
}

/** `metav1.Status` of a failure. */
export function statusBody({ code, reason, message, details }: StatusError): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details: prunedDetails(details) }),
    code,
  }
}

/** `metav1.Status` of a success, as deletions answer. */
export function successBody(details: StatusDetails): JsonObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: prunedDetails(details) }
}

function prunedDetails(details: StatusDetails): JsonObject {
  const entries = Object.entries(details).filter(([, value]) => value !== undefined && value !== '')
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as JsonObject
}

/** `configmaps "a"` or `widgets.demo.io "a"`. */
export function qualified(type: ResourceType, name: string): string {
  return `${typeText(type)} "${name}"`
}

function detailsOf(type: ResourceType, name: string): StatusDetails {
  return { name, group: type.group, kind: type.resource }
}

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)
export const unauthorized = () => new StatusError(401, 'Unauthorized', 'Unauthorized')
/** Also for unknown paths: the same words, without a name. */
export const unknownPath = () =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
/** Groups and versions nobody serves are not even the API server's to refuse: `404 page not found`, in plain text. */
export class UnservedPathError extends Error {
  override readonly name = 'UnservedPathError'
}
export const methodNotAllowed = (message = 'the server does not allow this method on the requested resource') =>
  new StatusError(405, 'MethodNotAllowed', message, {})
/** More than this server takes; `message` says how much that is. */
export const tooLarge = (message: string) =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: ${message}`)

export function notFound(type: ResourceType, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualified(type, name)} not found`, detailsOf(type, name))
}

export function alreadyExists(type: ResourceType, name: string, retryAfterSeconds?: number): StatusError {
  const details = { ...detailsOf(type, name), retryAfterSeconds }
  return new StatusError(409, 'AlreadyExists', `${qualified(type, name)} already exists`, details)
}

const modified = 'the object has been modified; please apply your changes to the latest version and try again'

/** An optimistic lock that no longer holds, or (with a message of its own) a precondition that never did. */
export function conflict(type: ResourceType, name: string, message = modified): StatusError {
  const text = `Operation cannot be fulfilled on ${qualified(type, name)}: ${message}`
  return new StatusError(409, 'Conflict', text, detailsOf(type, name))
}

export function forbidden(
  type: ResourceType,
  name: string,
  message: string,
  causes?: readonly StatusCause[],
): StatusError {
  const subject = name === '' ? typeText(type) : qualified(type, name)
  return new StatusError(403, 'Forbidden', `${subject} is forbidden: ${message}`, { ...detailsOf(type, name), causes })
}

/** 422 with one cause a field, worded like the API server's aggregate. */
export function invalid(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const causes = errors.map(({ reason, message, field }) => ({
    reason,
    message,
    field: field === '' ? '<nil>' : field,
  }))
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const subject = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  const details = { name, group: kind.group, kind: kind.kind, causes }
  return new StatusError(422, 'Invalid', `${subject} "${name}" is invalid: ${list}`, details)
}

/** A revision the log no longer reaches; clients list again. */
export function expired(message: string): StatusError {
  return new StatusError(410, 'Expired', message)
}

export function tooMany(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds })
}

/** A revision that was never given out; `retryAfterSeconds` makes clients try again. */
export function futureRevision(wanted: number, current: number): StatusError {
  const message = `Too large resource version: ${wanted}, current: ${current}`
  return new StatusError(504, 'Timeout', message, {
    retryAfterSeconds: 1,
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
  })
}
