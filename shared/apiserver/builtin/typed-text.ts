// Values of built-in kinds that are written as text and read by rules of their own: times, quantities, bytes.
import type { Json } from '../../api/json.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Schema } from '../schema/schema.ts'

const timeRef = /\.meta\.v1\.Time$/
const microTimeRef = /\.meta\.v1\.MicroTime$/
const quantityRef = /\.resource\.Quantity$/

const secondsLayout = '2006-01-02T15:04:05Z07:00'
const microsLayout = '2006-01-02T15:04:05.000000Z07:00'
const quantityPattern = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The value of a time, a quantity or bytes as it is stored; undefined for every other type. Throws InvalidInputError. */
export function readText(schema: Schema, value: Json): Json | undefined {
  const { ref = '' } = schema
  if (timeRef.test(ref)) return readTime(value, secondsLayout)
  if (microTimeRef.test(ref)) return readTime(value, microsLayout)
  if (quantityRef.test(ref)) return readQuantity(value)
  return schema.format === 'byte' && typeof value === 'string' ? readBytes(value) : undefined
}

const parts = ['2006', '-', '01', '-', '02', 'T', '15', ':', '04', ':', '05'] as const

function readTime(value: Json, layout: string): Json {
  if (typeof value !== 'string')
    throw new InvalidInputError(
      `json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type string`,
    )
  let rest = value
  const refuse = (part: string) =>
    new InvalidInputError(`parsing time "${value}" as "${layout}": cannot parse "${rest}" as "${part}"`)
  for (const part of parts) {
    const length = part.length
    const piece = rest.slice(0, length)
    const fits = /^\d+$/.test(part) ? /^\d+$/.test(piece) && piece.length === length : piece === part
    if (!fits) throw refuse(part)
    rest = rest.slice(length)
  }
  if (layout === microsLayout) {
    if (!/^\.\d{6}/.test(rest)) throw refuse('.000000')
    rest = rest.slice(7)
  } else rest = rest.replace(/^\.\d+/, '')
  if (!/^(Z|[+-]\d\d:\d\d)$/.test(rest)) throw refuse('Z07:00')
  return inUtc(value, layout)
}

/** Times are kept in UTC, whole seconds or microseconds. */
function inUtc(value: string, layout: string): string {
  const at = Date.parse(value)
  if (Number.isNaN(at)) throw new InvalidInputError(`parsing time "${value}": day out of range`)
  const seconds = new Date(at).toISOString().slice(0, 19)
  return layout === microsLayout ? `${seconds}.${value.slice(20, 26)}Z` : `${seconds}Z`
}

function readQuantity(value: Json): Json {
  if (typeof value === 'number' || (typeof value === 'string' && quantityPattern.test(value))) return value
  throw new InvalidInputError(`quantities must match the regular expression '${quantityPattern.source}'`)
}

function readBytes(value: string): string {
  const text = value.replace(/[\r\n]/g, '')
  if (base64.test(text)) return text
  const wrong = /[^A-Za-z0-9+/=]/.exec(text)
  // An incomplete last group of four is reported where it begins.
  throw new InvalidInputError(`illegal base64 data at input byte ${wrong?.index ?? text.length - (text.length % 4)}`)
}
