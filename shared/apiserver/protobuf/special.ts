// Messages whose JSON form is not an object of their fields.
import { InvalidInputError } from '../../errors.ts'
import { cloneJson, type JsonMap, type JsonValue, own } from '../patch/json-value.ts'

/** The fields of such a message, decoded as if it were an ordinary one; `present` is false when it was empty. */
export type SpecialForm = (fields: JsonMap, bytes: Uint8Array) => JsonValue | undefined

const numberOf = (fields: JsonMap, name: string): number => {
  const value = own(fields, name)
  return typeof value === 'number' ? value : 0
}

/** Years 0001 to 9999, what RFC 3339 can write. */
const minSeconds = -62_135_596_800
const maxSeconds = 253_402_300_799

function moment(fields: JsonMap): { text: string; micros: string } | undefined {
  if (Object.keys(fields).length === 0) return undefined
  const seconds = numberOf(fields, 'seconds')
  if (seconds < minSeconds || seconds > maxSeconds) {
    throw new InvalidInputError(`the protobuf body is malformed: time ${seconds} s is outside the years 1 to 9999`)
  }
  const text = new Date(seconds * 1000).toISOString().slice(0, 19)
  const micros = Math.floor(numberOf(fields, 'nanos') / 1000)
  return { text, micros: String(Math.min(Math.max(micros, 0), 999_999)).padStart(6, '0') }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Bytes as text. Throws InvalidInputError for anything but UTF-8. */
export function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new InvalidInputError('the protobuf body is malformed: a string is not UTF-8')
  }
}

function embedded(raw: Uint8Array): JsonValue | undefined {
  if (raw.length === 0) return undefined
  let value: unknown
  try {
    value = JSON.parse(text(raw))
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError('the protobuf body is malformed: embedded data is not JSON')
  }
  return cloneJson(value)
}

const either =
  (first: string, second: string): SpecialForm =>
  (fields) =>
    own(fields, first) ?? own(fields, second)

const core = 'io.k8s.apimachinery.pkg'
const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

/** Messages that hold JSON text in field 1. */
export const embeddedJson: ReadonlySet<string> = new Set([
  `${extensions}.JSON`,
  `${core}.runtime.RawExtension`,
  `${core}.apis.meta.v1.FieldsV1`,
])

export const embeddedValue = embedded

export const specialForms: Readonly<Record<string, SpecialForm>> = {
  [`${core}.apis.meta.v1.Time`]: (fields) => {
    const at = moment(fields)
    return at && `${at.text}Z`
  },
  [`${core}.apis.meta.v1.MicroTime`]: (fields) => {
    const at = moment(fields)
    return at && `${at.text}.${at.micros}Z`
  },
  [`${core}.api.resource.Quantity`]: (fields) => own(fields, 'string') ?? '0',
  [`${core}.util.intstr.IntOrString`]: (fields) =>
    numberOf(fields, 'type') === 1 ? (own(fields, 'strVal') ?? '') : numberOf(fields, 'intVal'),
  [`${extensions}.JSONSchemaPropsOrArray`]: either('schema', 'jSONSchemas'),
  [`${extensions}.JSONSchemaPropsOrStringArray`]: either('schema', 'property'),
  [`${extensions}.JSONSchemaPropsOrBool`]: (fields) => own(fields, 'schema') ?? own(fields, 'allows') === true,
  'io.k8s.api.authentication.v1.ExtraValue': (fields) => own(fields, 'items') ?? [],
  'io.k8s.api.authorization.v1.ExtraValue': (fields) => own(fields, 'items') ?? [],
}
