// How large a value of a schema can be: what it says itself, or else what fits into the largest request.
import type { Schema } from '../../schema.ts'
import { celName, memberName } from '../names.ts'
import type { Size } from './estimate.ts'

export interface Bounds {
  /** Characters, items or entries at most; 0 for what has none. */
  readonly maxElements: number
  /** Bytes of the smallest JSON. */
  readonly minBytes: number
  readonly fields?: ReadonlyMap<string, Bounds>
  readonly element?: Bounds
  readonly key?: Bounds
}

/** The largest request, in bytes, as far as costs are concerned. */
const requestBytes = 3 * 1024 * 1024
const textBytes = requestBytes - 2
const text: Bounds = { maxElements: textBytes, minBytes: 2 }
/** Texts of a fixed form: the longest in characters, the shortest in bytes. */
const formats: Readonly<Record<string, Bounds>> = {
  duration: { maxElements: 32, minBytes: 3 },
  date: { maxElements: 12, minBytes: 12 },
  'date-time': { maxElements: 32, minBytes: 21 },
}
const scalars: Readonly<Record<string, Bounds>> = {
  boolean: { maxElements: 0, minBytes: 4 },
  integer: { maxElements: 0, minBytes: 1 },
  number: { maxElements: 0, minBytes: 1 },
}
/** Bytes of one character at most. */
const widest = 4

function textBounds({ format, maxLength, enum: values }: Schema): Bounds {
  const known = formats[format ?? '']
  if (known !== undefined) return known
  if (maxLength !== undefined) {
    return { maxElements: Math.max(0, maxLength) * (format === 'byte' ? 1 : widest), minBytes: text.minBytes }
  }
  if (values === undefined || format === 'byte') return text
  const lengths = values.map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0))
  return { maxElements: Math.max(0, ...lengths), minBytes: text.minBytes }
}

const metadata: Schema = { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } }
const resourceFields: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata,
}

/** Bounds of a schema; undefined for what rules cannot see. `resource` for the root and embedded resources. */
export function boundsOf(
  schema: Schema,
  resource = schema['x-kubernetes-embedded-resource'] === true,
): Bounds | undefined {
  if (schema['x-kubernetes-int-or-string'] === true) {
    const { maxLength } = schema
    return { maxElements: maxLength === undefined ? textBytes : Math.max(0, maxLength) * widest, minBytes: 1 }
  }
  if (schema.type === 'array') return listBounds(schema)
  if (schema.type === 'string') return textBounds(schema)
  return schema.type === 'object' ? objectBounds(schema, resource) : scalars[schema.type ?? '']
}

function listBounds({ items, maxItems }: Schema): Bounds | undefined {
  const element = items === undefined ? undefined : boundsOf(items)
  if (element === undefined) return undefined
  const fitting = Math.floor(textBytes / (element.minBytes + 1))
  return { maxElements: maxItems === undefined ? fitting : Math.max(0, maxItems), minBytes: 2, element }
}

function objectBounds(schema: Schema, resource: boolean): Bounds | undefined {
  const { additionalProperties, maxProperties } = schema
  if (typeof additionalProperties === 'object') {
    const element = boundsOf(additionalProperties)
    if (element === undefined) return undefined
    const fitting = Math.floor(textBytes / (element.minBytes + 6))
    const maxElements = maxProperties === undefined ? fitting : Math.max(0, maxProperties)
    return { maxElements, minBytes: 2, element, key: { maxElements: 0, minBytes: 2 } }
  }
  const fields = new Map<string, Bounds>()
  let minBytes = 2
  for (const [name, property] of Object.entries({ ...schema.properties, ...(resource && resourceFields) })) {
    const field = boundsOf(property)
    if (field === undefined) continue
    const member = celName(name)
    if (member !== undefined) fields.set(memberName(member), field)
    const isWritten = schema.required?.includes(name) === true && property.default === undefined
    if (isWritten) minBytes += Buffer.byteLength(name) + field.minBytes + 4
  }
  return { maxElements: 0, minBytes, fields }
}

/** How often a value of these bounds fits into one object. */
export const fittingTimes = ({ minBytes }: Bounds): number => Math.floor(requestBytes / (minBytes + 1))

/** The size at a path below `root`; undefined when the schema says nothing of it. */
export function sizeAt(root: Bounds, path: readonly string[]): Size | undefined {
  if (path.length === 0) return undefined
  let here: Bounds | undefined = root
  for (const name of path.slice(1)) {
    if (name === '@items' || name === '@values') here = here?.element
    else if (name === '@keys') here = here?.key
    else here = here?.fields?.get(name)
  }
  return here === undefined ? undefined : { min: 0, max: here.maxElements }
}
