// Request bodies: bounded, unzipped, decoded. Whatever comes out is plain JSON data of bounded depth.
import { gunzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { errorMessage } from '../../errors.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'
import { inspectJson } from './json-text.ts'
import { badRequest, StatusError, tooLarge } from './status-error.ts'

/** A decoded body. `duplicates` are fields the text gave more than once. */
export interface DecodedBody {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

/** As the API server: larger bodies are refused with 413. */
export const maxBodyBytes = 3 * 1_048_576
/** Far beyond any real object, far below what recursion survives. */
const maxDepth = 256

const acceptedTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

/** The media type of a body without its parameters; JSON when none is given. */
export function contentType(request: Request): string {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';')
  return type.trim().toLowerCase() || 'application/json'
}

/** Reads a body within the limit, also when it is gzipped. Throws StatusError 413 or 400. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const raw = await readBounded(request)
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase()
  if (!encoding || encoding === 'identity' || raw.length === 0) return raw
  if (encoding !== 'gzip')
    throw new StatusError(415, 'UnsupportedMediaType', `unsupported content encoding "${encoding}"`)
  return unzipped(raw)
}

async function readBounded(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw bodyTooLarge()
  if (!request.body) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBodyBytes) throw bodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function unzipped(raw: Uint8Array): Uint8Array {
  try {
    return gunzipSync(raw, { maxOutputLength: maxBodyBytes })
  } catch (error) {
    if (error instanceof RangeError) throw bodyTooLarge()
    throw badRequest(`the gzipped body of the request cannot be read: ${errorMessage(error)}`)
  }
}

function bodyTooLarge(): StatusError {
  return tooLarge(`Request entity too large: limit is ${maxBodyBytes}`)
}

/** An object (JSON, YAML or protobuf). Throws StatusError 400, 413 or 415. */
export async function decodeObject(request: Request): Promise<DecodedBody & { readonly value: JsonObject }> {
  const type = contentType(request)
  const bytes = await readBody(request)
  const decoded = await decodeAs(type, bytes)
  if (!isJsonObject(decoded.value)) throw badRequest('the body of the request must be one Kubernetes object')
  return { value: decoded.value, duplicates: decoded.duplicates }
}

/** DELETE bodies may be absent. */
export async function decodeOptional(request: Request): Promise<JsonObject> {
  const bytes = await readBody(request)
  if (bytes.length === 0) return {}
  const { value } = await decodeAs(contentType(request), bytes)
  if (!isJsonObject(value)) throw badRequest('the body of the request must be DeleteOptions')
  return value
}

async function decodeAs(type: string, bytes: Uint8Array): Promise<DecodedBody> {
  if (type === 'application/json') return decodeJson(bytes)
  if (type === 'application/yaml') return await decodeYaml(bytes)
  if (type === 'application/vnd.kubernetes.protobuf') {
    const decoded = decodeProtobuf(bytes)
    if (decoded) return { value: decoded.object, duplicates: [] }
  }
  throw unsupportedType(acceptedTypes)
}

/** 415 in the API server's words. */
export function unsupportedType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
  return new StatusError(415, 'UnsupportedMediaType', message)
}

/** Throws StatusError 400 for what is no JSON in UTF-8, or too deep. */
export function decodeJson(bytes: Uint8Array): DecodedBody {
  const text = utf8(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badRequest(`the body of the request is not valid JSON: ${errorMessage(error)}`)
  }
  const { depth, duplicates } = inspectJson(text)
  if (depth > maxDepth) throw badRequest(`the body of the request nests deeper than ${maxDepth} levels`)
  return { value, duplicates }
}

/** YAML, which JSON is a part of. Throws StatusError 400. */
export async function decodeYaml(bytes: Uint8Array): Promise<DecodedBody> {
  const text = utf8(bytes)
  const trimmed = text.trimStart()
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return decodeJson(bytes)
  const { parseDocument } = await import('yaml')
  const document = parseDocument(text, { uniqueKeys: false, schema: 'core', merge: false })
  const [error] = document.errors
  if (error) throw badRequest(`error converting YAML to JSON: ${error.message}`)
  try {
    return decodeJson(Buffer.from(JSON.stringify(document.toJS({ maxAliasCount: 100 }))))
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw badRequest(`error converting YAML to JSON: ${errorMessage(error)}`)
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw badRequest('the body of the request is not UTF-8')
  }
}
