// Answers: JSON or YAML, never cached by anyone between, warnings in headers.
import type { JsonObject } from '../../api/json.ts'
import type { ResponseForm } from './negotiate.ts'
import { type StatusError, statusBody } from './status-error.ts'

/** All Warning headers of one answer together. */
const maxWarningBytes = 4_096

const baseHeaders = { 'cache-control': 'no-cache, private', 'x-content-type-options': 'nosniff' }

export interface ResponseOptions {
  readonly code?: number
  readonly warnings?: readonly string[]
  readonly format?: ResponseForm['format']
  /** For people to read. */
  readonly indented?: boolean
}

export async function respond(body: JsonObject, options: ResponseOptions = {}): Promise<Response> {
  const headers = new Headers(baseHeaders)
  addWarnings(headers, options.warnings ?? [])
  if (options.format === 'yaml') {
    const { stringify } = await import('yaml')
    headers.set('content-type', 'application/yaml')
    return new Response(stringify(body), { status: options.code ?? 200, headers })
  }
  headers.set('content-type', 'application/json')
  const text = options.indented ? JSON.stringify(body, null, 2) : `${JSON.stringify(body)}\n`
  return new Response(text, { status: options.code ?? 200, headers })
}

/** Text, e.g. `ok` of the health endpoints. */
export function respondText(text: string, code = 200): Response {
  return new Response(text, { status: code, headers: { ...baseHeaders, 'content-type': 'text/plain; charset=utf-8' } })
}

/** A JSON document of a media type of its own that may be kept for as long as `cacheControl` says. */
export function respondTyped(body: JsonObject, type: string, cacheControl: string): Response {
  const headers = { ...baseHeaders, 'content-type': type, 'cache-control': cacheControl }
  return new Response(JSON.stringify(body), { headers })
}

/** Answers something big that has a content hash: 304 when the client has it already. */
export function respondTagged(
  request: Request,
  body: string | Uint8Array<ArrayBuffer>,
  { type, etag, vary = 'Accept' }: { type: string; etag: string; vary?: string },
): Response {
  const headers = { ...baseHeaders, 'content-type': type, etag: `"${etag}"`, vary }
  if (request.headers.get('if-none-match')?.includes(`"${etag}"`)) return new Response(null, { status: 304, headers })
  return new Response(body, { headers })
}

/** The Status of a refusal, with the headers clients act on. */
export function respondStatus(error: StatusError, warnings: readonly string[] = []): Response {
  const headers = new Headers({ ...baseHeaders, 'content-type': 'application/json' })
  addWarnings(headers, warnings)
  const seconds = error.details?.retryAfterSeconds
  if (seconds !== undefined) headers.set('retry-after', String(seconds))
  if (error.code === 401) headers.set('www-authenticate', 'Bearer')
  return new Response(`${JSON.stringify(statusBody(error))}\n`, { status: error.code, headers })
}

/** `Warning: 299 - "text"`, ASCII only, quotes and backslashes escaped, as many as fit. */
function addWarnings(headers: Headers, warnings: readonly string[]): void {
  let size = 0
  for (const warning of new Set(warnings)) {
    const ascii = warning.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')
    size += ascii.length
    if (size > maxWarningBytes) return
    headers.append('warning', `299 - "${ascii}"`)
  }
}
