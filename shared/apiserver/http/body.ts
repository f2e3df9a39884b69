// Request bodies: bounded and decoded. Whatever comes out is plain JSON data of bounded depth.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { errorMessage, InvalidInputError } from '../../errors.ts'
import { decodeProtobuf } from '../protobuf/decode.ts'
import { jsonFault } from './json-fault.ts'
import { inspectJson } from './json-text.ts'
import { badRequest, StatusError, tooLarge } from './status-error.ts'
import { parseYaml } from './yaml-text.ts'

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

/**
 * Reads a body within the limit. As the API server does, it passes over Content-Encoding: compressed bodies are not
 * taken. Throws StatusError 413.
 */
export async function readBody(request: Request): Promise<Uint8Array> {
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

function bodyTooLarge(): StatusError {
  return tooLarge(`limit is ${maxBodyBytes}`)
}

/** An object (JSON, YAML or protobuf) meant to be of this kind. Throws StatusError 400, 413 or 415. */
export async function decodeObject(
  request: Request,
  kind: string,
): Promise<DecodedBody & { readonly value: JsonObject }> {
  const type = contentType(request)
  if (!acceptedTypes.includes(type)) throw unsupportedType(acceptedTypes)
  const bytes = await readBody(request)
  const decoded = await recognised(kind, bytes, async () => {
    const found = await decodeAs(type, bytes)
    checkHead(found.value)
    return found
  })
  return { value: isJsonObject(decoded.value) ? decoded.value : {}, duplicates: decoded.duplicates }
}

/** What cannot even be told to be an object is shown, as far as it helps. */
async function recognised<T>(kind: string, bytes: Uint8Array, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    const words = `the object provided is unrecognized (must be of type ${kind})`
    throw badRequest(`${words}: ${error.message} (${summary(bytes)})`)
  }
}

const summaryBytes = 30

function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>'
  const start = Buffer.from(bytes.subarray(0, summaryBytes))
  const shown = start.toString(start[0] === 0x7b ? 'utf8' : 'hex')
  return bytes.length > summaryBytes ? `${shown} ...` : shown
}

const headType =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

const goJsonType = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

/** apiVersion and kind are read before anything else. */
function checkHead(value: unknown): void {
  if (value === null) return
  const prefix = "couldn't get version/kind; json parse error: json: cannot unmarshal"
  if (!isJsonObject(value))
    throw new InvalidInputError(`${prefix} ${goJsonType(value)} into Go value of type ${headType}`)
  for (const field of ['apiVersion', 'kind']) {
    const sent = value[field] ?? ''
    if (typeof sent !== 'string')
      throw new InvalidInputError(`${prefix} ${goJsonType(sent)} into Go struct field .${field} of type string`)
    if (field === 'apiVersion' && sent.split('/').length > 2)
      throw new InvalidInputError(`unexpected GroupVersion string: ${sent}`)
  }
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
  if (type === 'application/json') return decodeJson(bytes, "couldn't get version/kind; json parse error: ")
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

/** Throws InvalidInputError for what is no JSON in UTF-8, or too deep; its message begins with `context`. */
export function decodeJson(bytes: Uint8Array, context = ''): DecodedBody {
  const text = utf8.decode(bytes)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidInputError(`${context}${jsonFault(text)}`)
  }
  const { depth, duplicates } = inspectJson(text)
  if (depth > maxDepth) throw badRequest(`the body of the request nests deeper than ${maxDepth} levels`)
  if (mayOverflow.test(text) && holdsInfinity(value)) {
    throw badRequest('the body of the request holds a number that is too large')
  }
  return { value, duplicates }
}

/** Texts without this hold no number that JSON.parse turns into infinity. */
const mayOverflow = /[eE]\+?\d{3}|\d{309}/

function holdsInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsInfinity)
}

/** YAML, which JSON is a part of. Throws InvalidInputError, and StatusError for what is no UTF-8 or too deep. */
export async function decodeYaml(bytes: Uint8Array): Promise<DecodedBody> {
  const text = utf8.decode(bytes)
  const trimmed = text.trimStart()
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) return decodeJson(bytes)
  try {
    return decodeJson(Buffer.from(JSON.stringify(await parseYaml(text))))
  } catch (error) {
    if (error instanceof StatusError) throw error
    throw new InvalidInputError(`error converting YAML to JSON: yaml: ${errorMessage(error)}`)
  }
}

/** As the API server: what is no UTF-8 becomes U+FFFD, and a byte order mark is no JSON. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
