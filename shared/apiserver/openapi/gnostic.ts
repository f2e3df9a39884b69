// Swagger 2 as protobuf, in the message layout of gnostic's `openapi.v2.Document`. Field numbers are that layout's.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'

/** Bytes of one field; lengths are known before the parts are joined. */
type Field = Buffer

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}

function bytes(number: number, value: Buffer): Field {
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(value.length)]), value])
}

const message = (number: number, fields: readonly Field[]): Field => bytes(number, Buffer.concat(fields))

function text(number: number, value: unknown): Field[] {
  return typeof value === 'string' && value !== '' ? [bytes(number, Buffer.from(value, 'utf8'))] : []
}

function texts(number: number, value: unknown): Field[] {
  return Array.isArray(value) ? value.flatMap((item) => text(number, item)) : []
}

function flag(number: number, value: unknown): Field[] {
  return value === true ? [Buffer.from([...varint(number * 8), 1])] : []
}

function whole(number: number, value: unknown): Field[] {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? [Buffer.from([...varint(number * 8), ...varint(value)])]
    : []
}

function double(number: number, value: unknown): Field[] {
  if (typeof value !== 'number') return []
  const body = Buffer.alloc(8)
  body.writeDoubleLE(value)
  return [Buffer.concat([Buffer.from(varint(number * 8 + 1)), body])]
}

/** `Any`: 2 yaml, here JSON text, which is YAML. */
const any = (number: number, value: unknown): Field => message(number, text(2, `${JSON.stringify(value)}\n`))

/** `NamedAny` for every extension. */
function extensions(number: number, value: JsonObject): Field[] {
  return Object.entries(value)
    .filter(([name, child]) => name.startsWith('x-') && child !== undefined)
    .map(([name, child]) => message(number, [...text(1, name), any(2, child)]))
}

function members(value: Json | undefined): readonly (readonly [string, JsonObject])[] {
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([name, child]) => (isJsonObject(child) ? [[name, child] as const] : []))
}

function additional(value: Json | undefined): Field[] {
  if (isJsonObject(value)) return [message(21, [message(1, schema(value))])]
  return value === true ? [message(21, flag(2, true))] : []
}

/** `Schema`. */
function schema(value: JsonObject): Field[] {
  const properties = members(value['properties']).map(([name, child]) =>
    message(1, [...text(1, name), message(2, schema(child))]),
  )
  const items = value['items']
  const enumeration = Array.isArray(value['enum']) ? value['enum'] : []
  const all = Array.isArray(value['allOf']) ? value['allOf'].filter(isJsonObject) : []
  return [
    ...text(1, value['$ref']),
    ...text(2, value['format']),
    ...text(3, value['title']),
    ...text(4, value['description']),
    ...(value['default'] === undefined ? [] : [any(5, value['default'])]),
    ...double(6, value['multipleOf']),
    ...double(7, value['maximum']),
    ...flag(8, value['exclusiveMaximum']),
    ...double(9, value['minimum']),
    ...flag(10, value['exclusiveMinimum']),
    ...whole(11, value['maxLength']),
    ...whole(12, value['minLength']),
    ...text(13, value['pattern']),
    ...whole(14, value['maxItems']),
    ...whole(15, value['minItems']),
    ...whole(17, value['maxProperties']),
    ...whole(18, value['minProperties']),
    ...texts(19, value['required']),
    ...enumeration.map((item) => any(20, item)),
    ...additional(value['additionalProperties']),
    ...(typeof value['type'] === 'string' ? [message(22, text(1, value['type']))] : []),
    ...(isJsonObject(items) ? [message(23, [message(1, schema(items))])] : []),
    ...all.map((part) => message(24, schema(part))),
    ...(properties.length === 0 ? [] : [message(25, properties)]),
    ...extensions(31, value),
  ]
}

/** `NonBodyParameter`: 2 query, 4 path. */
function nonBody(parameter: JsonObject): Field[] {
  const named = text(4, parameter['name'])
  const place = text(2, parameter['in'])
  if (parameter['in'] === 'path') {
    return [
      message(4, [
        ...flag(1, true),
        ...place,
        ...named,
        ...text(5, parameter['type']),
        ...flag(19, parameter['uniqueItems']),
      ]),
    ]
  }
  return [message(3, [...place, ...named, ...text(6, parameter['type']), ...flag(20, parameter['uniqueItems'])])]
}

/** `ParametersItem` holding a `Parameter`: 1 body, 2 others. */
function parameter(number: number, value: JsonObject): Field {
  const body = value['schema']
  const content = isJsonObject(body)
    ? message(1, [
        ...text(2, value['name']),
        ...text(3, value['in']),
        ...flag(4, value['required']),
        message(5, schema(body)),
      ])
    : message(2, nonBody(value))
  return message(number, [message(1, [content])])
}

function response([code, value]: readonly [string, JsonObject]): Field {
  const body = value['schema']
  const content = [
    ...text(1, value['description']),
    ...(isJsonObject(body) ? [message(2, [message(1, schema(body))])] : []),
  ]
  return message(1, [...text(1, code), message(2, [message(1, content)])])
}

/** `Operation`. */
function operation(number: number, value: Json | undefined): Field[] {
  if (!isJsonObject(value)) return []
  const parameters = Array.isArray(value['parameters']) ? value['parameters'].filter(isJsonObject) : []
  return [
    message(number, [
      ...text(5, value['operationId']),
      ...texts(7, value['consumes']),
      ...parameters.map((item) => parameter(8, item)),
      message(9, members(value['responses']).map(response)),
      ...extensions(13, value),
    ]),
  ]
}

/** `PathItem`. */
function pathItem(value: JsonObject): Field[] {
  const parameters = Array.isArray(value['parameters']) ? value['parameters'].filter(isJsonObject) : []
  return [
    ...operation(2, value['get']),
    ...operation(3, value['put']),
    ...operation(4, value['post']),
    ...operation(5, value['delete']),
    ...operation(8, value['patch']),
    ...parameters.map((item) => parameter(9, item)),
  ]
}

/** Encodes a Swagger 2 document. Keywords the layout has no place for are left out. */
export function encodeGnostic(document: JsonObject): Uint8Array {
  const info = document['info']
  const paths = members(document['paths']).map(([path, item]) =>
    message(2, [...text(1, path), message(2, pathItem(item))]),
  )
  const definitions = members(document['definitions']).map(([name, body]) =>
    message(1, [...text(1, name), message(2, schema(body))]),
  )
  return Buffer.concat([
    ...text(1, document['swagger']),
    ...(isJsonObject(info) ? [message(2, [...text(1, info['title']), ...text(2, info['version'])])] : []),
    message(8, paths),
    message(9, definitions),
  ])
}
