// Rules as they travel over `$management`. Descriptor codes are those of the service's own type catalogue.
import type { Scalar } from '../core/amqp-bytes.ts'
import { BusError } from '../core/bus-error.ts'
import { correlationFields, type Filter, type Rule } from '../core/rule.ts'
import type { RequestBody } from './request-body.ts'
import { types } from './rhea-server.ts'
import type { Typed } from './rhea-types.ts'

const codes = {
  rule: 1_335_734_829_060,
  emptyAction: 1_335_734_829_061,
  sql: 83_483_426_822,
  true: 83_483_426_823,
  false: 83_483_426_824,
  correlation: 83_483_426_825,
} as const

/** Compatibility level every SQL filter carries. */
const sqlLevel = 20

/** The field names of a correlation filter in a request, in the order of `correlationFields`. */
const requestNames = [
  'correlation-id',
  'message-id',
  'to',
  'reply-to',
  'label',
  'session-id',
  'reply-to-session-id',
  'content-type',
]

function isScalar(value: unknown): value is Scalar {
  return value !== undefined && (typeof value !== 'object' || value instanceof Date || Buffer.isBuffer(value))
}

function readCorrelation(body: RequestBody): Filter {
  const fields: Record<string, string | undefined> = {}
  for (const [index, field] of correlationFields.entries()) fields[field] = body.optionalText(requestNames[index] ?? '')
  const properties = Object.entries(body.optionalRecord('properties') ?? {}).filter(
    (entry): entry is [string, Scalar] => isScalar(entry[1]),
  )
  return { kind: 'correlation', fields, properties }
}

/** Throws BusError argument-error for a description without filter, not-implemented for one with an action. */
export function readRule(name: string, body: RequestBody): Rule {
  const action = body.optionalMap('sql-rule-action')?.optionalText('expression')
  if (action !== undefined && action !== '') {
    throw new BusError(
      'amqp:not-implemented',
      `The rule '${name}' has the action '${action}'; rules with actions are not supported.`,
    )
  }
  const sql = body.optionalMap('sql-filter')
  if (sql !== undefined) return { name, filter: { kind: 'sql', expression: sql.text('expression') } }
  const correlation = body.optionalMap('correlation-filter')
  if (correlation !== undefined) return { name, filter: readCorrelation(correlation) }
  throw new BusError('com.microsoft:argument-error', `The rule '${name}' needs a sql-filter or a correlation-filter.`)
}

function describe(code: number, values: readonly unknown[]): Typed {
  return types.described_nc(types.wrap_ulong(code), types.wrap_list(values))
}

function writeFilter(filter: Filter): Typed {
  if (filter.kind === 'sql') return describe(codes.sql, [filter.expression, sqlLevel])
  if (filter.kind === 'true') return describe(codes.true, ['1=1', sqlLevel])
  if (filter.kind === 'false') return describe(codes.false, ['1=0', sqlLevel])
  const fields = correlationFields.map((field) => filter.fields[field] ?? null)
  return describe(codes.correlation, [...fields, new Map(filter.properties)])
}

/** The `rules` of an enumerate-rules answer. `createdAt` is not kept, so every rule says 1970. */
export function writeRules(rules: readonly Rule[]): Typed {
  return types.wrap_list(
    rules.map((rule) => ({
      'rule-description': describe(codes.rule, [
        writeFilter(rule.filter),
        describe(codes.emptyAction, []),
        rule.name,
        types.wrap_timestamp(0),
      ]),
    })),
  )
}
