// The rules of a subscription: which messages of its topic it wants.
import { type Scalar, scalarAt } from './amqp-bytes.ts'
import { BusError } from './bus-error.ts'
import type { Limits } from './limits.ts'
import { applicationEntries, type MessageContent, type MessageProperties } from './message.ts'
import { type FilterInput, type Predicate, parseSqlFilter } from './sql-filter.ts'

/** System fields a correlation filter may compare. */
export const correlationFields = [
  'correlationId',
  'messageId',
  'to',
  'replyTo',
  'subject',
  'groupId',
  'replyToGroupId',
  'contentType',
] as const satisfies readonly (keyof MessageProperties)[]

export type CorrelationFields = { readonly [F in (typeof correlationFields)[number]]?: Scalar | undefined }

export type Filter =
  | { readonly kind: 'true' }
  | { readonly kind: 'false' }
  | { readonly kind: 'sql'; readonly expression: string }
  | {
      readonly kind: 'correlation'
      readonly fields: CorrelationFields
      readonly properties: readonly (readonly [string, Scalar])[]
    }

export interface Rule {
  readonly name: string
  readonly filter: Filter
}

/** The rule every new subscription starts with. */
export const defaultRule: Rule = { name: '$Default', filter: { kind: 'true' } }

export function filterInput(content: MessageContent): FilterInput {
  let application: Map<string, Scalar> | undefined
  return {
    properties: content.properties,
    application(name) {
      if (application === undefined) {
        application = new Map()
        for (const entry of applicationEntries(content)) {
          const value = scalarAt(entry.value, 0)
          if (value !== undefined) application.set(entry.key.toLowerCase(), value)
        }
      }
      return application.get(name.toLowerCase())
    },
  }
}

/** Equal in type and value. */
function same(wanted: Scalar, found: Scalar | undefined): boolean {
  if (wanted instanceof Date) return found instanceof Date && wanted.getTime() === found.getTime()
  if (Buffer.isBuffer(wanted)) return Buffer.isBuffer(found) && wanted.equals(found)
  return wanted === found
}

function correlation(filter: Extract<Filter, { kind: 'correlation' }>): Predicate {
  const wanted = correlationFields.flatMap((field) => {
    const value = filter.fields[field]
    return value === undefined || value === null ? [] : [[field, value] as const]
  })
  return (input) =>
    wanted.every(([field, value]) => same(value, input.properties[field])) &&
    filter.properties.every(([name, value]) => same(value, input.application(name)))
}

/** Turns a filter into a question. Throws BusError argument-error for a SQL text that does not parse or is too long. */
export function compileFilter(filter: Filter, limits: Limits): Predicate {
  if (filter.kind === 'true') return () => true
  if (filter.kind === 'false') return () => false
  if (filter.kind === 'correlation') return correlation(filter)
  if (filter.expression.length > limits.maxFilterLength) {
    throw new BusError(
      'com.microsoft:argument-error',
      `The SQL filter has ${filter.expression.length} characters; ${limits.maxFilterLength} are allowed.`,
    )
  }
  return parseSqlFilter(filter.expression)
}

/** A rule as text, for the journal. Dates, binaries and big integers keep their type. */
export function ruleText(rule: Rule): string {
  return JSON.stringify(rule, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key]
    if (original instanceof Date) return { $date: original.getTime() }
    if (Buffer.isBuffer(original)) return { $binary: original.toString('base64') }
    return typeof value === 'bigint' ? { $long: String(value) } : value
  })
}

/** Reads `ruleText` back. */
export function ruleFromText(text: string): Rule {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value
    if ('$date' in value && typeof value.$date === 'number') return new Date(value.$date)
    if ('$binary' in value && typeof value.$binary === 'string') return Buffer.from(value.$binary, 'base64')
    return '$long' in value && typeof value.$long === 'string' ? BigInt(value.$long) : value
  })
}
