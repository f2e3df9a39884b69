// Reads a member's answer: the object it holds, or the error it means in the hub's own error set.
import { z } from 'zod'
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import { InvalidInputError, TransientError } from '../../errors.ts'
import { MemberRefusal } from '../../ports/member-cluster.ts'
import type { Credentials } from './credentials.ts'
import type { MemberAnswer } from './http.ts'

/** Longest text taken over from a member: conditions hold 32 KiB, and a manifest echoed whole helps nobody. */
const maxMessage = 4_096
/** A member that asks for more patience than this is asked again after it anyway. */
const maxRetryAfterMs = 300_000

const Status = z.looseObject({
  kind: z.literal('Status'),
  message: z.string().optional(),
  reason: z.string().optional(),
})

/** What a Status says of a refusal; empty texts when it says nothing. */
export interface Refused {
  readonly reason: string
  readonly message: string
}

/** The Status in an answer, when it is one. A proxy's error page is not. */
export function statusOf({ text }: MemberAnswer): Refused | undefined {
  const status = Status.safeParse(parse(text))
  if (!status.success) return undefined
  return { reason: status.data.reason ?? '', message: clip(status.data.message ?? '') }
}

/** The object of a 2xx answer; throws what the answer means otherwise. */
export function objectOf(answer: MemberAnswer, credentials: Credentials, now: number): Record<string, unknown> {
  if (answer.code < 200 || answer.code > 299) throw failureOf(answer, credentials, now)
  const value = parse(answer.text)
  if (isJsonObject(value)) return value as Record<string, unknown>
  const type = answer.contentType.split(';')[0] || 'no content type'
  throw new TransientError(
    `${credentials.server.host} answered ${answer.code} with something that is not JSON (${type})`,
  )
}

/** A 2xx answer that must be a Kubernetes object with a name. */
export function kubeObjectOf(answer: MemberAnswer, credentials: Credentials, now: number): KubeObject {
  const value = objectOf(answer, credentials, now)
  const { apiVersion, kind, metadata } = value
  if (typeof apiVersion === 'string' && typeof kind === 'string' && kind !== 'Status' && isJsonObject(metadata))
    return value as KubeObject
  throw new TransientError(`${credentials.server.host} answered ${answer.code} with JSON that is no Kubernetes object`)
}

/** What an answer outside 2xx means. Never repeats a body that is not a Status, nor any secret. */
export function failureOf(answer: MemberAnswer, credentials: Credentials, now: number): Error {
  const { code } = answer
  const status = statusOf(answer)
  const words = credentials.redact(status?.message || `${credentials.server.host} answered ${code}`)
  // Go's TLS listener answers plain HTTP with this sentence.
  if (code === 400 && answer.text.startsWith('Client sent an HTTP request to an HTTPS server'))
    return new InvalidInputError(
      `${credentials.source}: ${credentials.clusterPath}.server says http, but ${credentials.server.host} speaks TLS: write https`,
    )
  if (code === 401) return new InvalidInputError(credentials.explain(now))
  // The API server took us for nobody: it did not see the credentials at all.
  if (code === 403 && words.includes('"system:anonymous"')) return new InvalidInputError(credentials.explain(now))
  if (code === 429 || code === 408 || code >= 500) return transient(words, answer.retryAfter, now)
  if (code >= 400) return new MemberRefusal(code, status?.reason ?? '', words)
  if (code >= 300)
    return new TransientError(
      `${words}, a redirect, which is not followed: ${credentials.clusterPath}.server must be the API server itself`,
    )
  return new TransientError(`${credentials.server.host} answered ${code}, which is no answer to this`)
}

function transient(message: string, retryAfter: string | undefined, now: number): TransientError {
  const retryAfterMs = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now)
  return new TransientError(message, { answered: true, ...(retryAfterMs !== undefined && { retryAfterMs }) })
}

/** Seconds or an HTTP date, as milliseconds from now; `undefined` when it is neither. */
function parseRetryAfter(text: string, now: number): number | undefined {
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), maxRetryAfterMs) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function clip(text: string): string {
  return text.length > maxMessage ? `${text.slice(0, maxMessage)}…` : text
}
