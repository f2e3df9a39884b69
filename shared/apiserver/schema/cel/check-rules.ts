// Judges the rules of a schema when their definition is made: what cannot work, or may cost too much, is refused then,
// with the place named.
import { forbidden, invalid, required } from '../field-errors.ts'
import type { FieldError, Schema, ValidationRule } from '../schema.ts'
import { boundsOf } from './cost/bounds.ts'
import { times, unbounded } from './cost/estimate.ts'
import { readFieldPath } from './field-path.ts'
import { type CompiledRule, hasRules, RuleSource } from './rule.ts'

/** The number of rules of one schema is bounded, so that judging it is. */
const maxRules = 2000
/** What one rule, and all rules of one schema, may cost at worst. */
const ruleLimit = 10_000_000
const schemaLimit = 100_000_000

/** Complaints about the texts of a node's own rules; `path` is the node's. */
export function checkRuleTexts(schema: Schema, path: string): readonly FieldError[] {
  return (schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
    checkTexts(schema, rule, `${path}.x-kubernetes-validations[${index}]`),
  )
}

const hasBreak = (text: string) => /[\n\r]/.test(text)

/** The first thing wrong with a rule and the message it has. */
function ruleFault({ rule, message = '' }: ValidationRule, at: string): readonly FieldError[] {
  if (rule.trim() === '') return [required(`${at}.rule`, 'rule is not specified')]
  if (message !== '' && message.trim() === '')
    return [invalid(`${at}.message`, message, 'must be non-empty if specified')]
  if (hasBreak(message.trim())) return [invalid(`${at}.message`, message, 'must not contain line breaks')]
  if (hasBreak(rule.trim()) && message.trim() === '')
    return [required(`${at}.message`, 'message must be specified if rule contains line breaks')]
  return []
}

function checkTexts(schema: Schema, rule: ValidationRule, at: string): readonly FieldError[] {
  const { fieldPath = '', messageExpression = '' } = rule
  const complain = (text: string) => invalid(`${at}.fieldPath`, fieldPath, text)
  return [
    ...ruleFault(rule, at),
    ...(messageExpression !== '' && messageExpression.trim() === ''
      ? [required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified')]
      : []),
    ...(fieldPath !== '' && fieldPath.trim() === '' ? [complain('must be non-empty if specified')] : []),
    ...(hasBreak(fieldPath) ? [complain('must not contain line breaks')] : []),
    ...(fieldPath !== '' && readFieldPath(schema, fieldPath).problem !== undefined
      ? [complain('must be a valid path')]
      : []),
  ]
}

interface Costly {
  readonly field: string
  readonly cost: number
}

interface Walk {
  readonly source: RuleSource
  readonly errors: FieldError[]
  readonly costly: Costly[]
  /** Fields with complaints: rules above them are not judged, their types may not hold. */
  readonly faulty: readonly string[]
  total: number
  count: number
}

/** Where in the schema a node stands. */
interface Place {
  /** The list below which old and new values cannot be matched. */
  readonly uncorrelated?: string | undefined
  /** How often the node can be in one object; undefined when nothing bounds it. */
  readonly occurrences: number | undefined
}

/** Complaints about every rule below a root schema; `path` is the schema's own, `faults` what else is wrong with it. */
export function checkRules(schema: Schema, path: string, faults: readonly FieldError[]): readonly FieldError[] {
  if (!hasRules(schema)) return []
  const faulty = faults.map(({ field }) => field)
  const walk: Walk = {
    source: new RuleSource(schema, { strict: true }),
    errors: [],
    costly: [],
    faulty,
    total: 0,
    count: 0,
  }
  visit(schema, path, { occurrences: 1 }, walk)
  if (walk.count > maxRules) walk.errors.push(forbidden(path, `must not have more than ${maxRules} validation rules`))
  if (walk.total <= schemaLimit) return walk.errors
  const part = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
  const most = walk.costly.sort((a, b) => b.cost - a.cost).slice(0, 4)
  const whole = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  return [
    ...walk.errors,
    ...most.map(({ field }) => forbidden(field, part)),
    forbidden(path, tooCostly(whole, walk.total, schemaLimit)),
  ]
}

function visit(schema: Schema, path: string, place: Place, walk: Walk): void {
  if (!hasRules(schema) || walk.count > maxRules) return
  const { properties, items, additionalProperties } = schema
  const below = { ...place, occurrences: product(place.occurrences, elementsOf(schema)) }
  if (typeof additionalProperties === 'object') visit(additionalProperties, `${path}.additionalProperties`, below, walk)
  for (const [name, child] of Object.entries(properties ?? {})) visit(child, `${path}.properties[${name}]`, below, walk)
  if (items !== undefined) {
    const isMap = schema['x-kubernetes-list-type'] === 'map'
    const inItem = { ...below, uncorrelated: isMap ? place.uncorrelated : (place.uncorrelated ?? path) }
    visit(items, `${path}.items`, inItem, walk)
  }
  if (!walk.faulty.some((field) => field.startsWith(path))) checkNode(schema, path, place, walk)
}

/** The product, where both are known. */
const product = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : times(a, b)

/** How many values below it a value of the schema can have. */
function elementsOf({ type, additionalProperties, maxItems, maxProperties }: Schema): number | undefined {
  if (type === 'array') return maxItems
  return type === 'object' && additionalProperties !== undefined ? maxProperties : 1
}

function checkNode(schema: Schema, path: string, place: Place, walk: Walk): void {
  const rules = schema['x-kubernetes-validations'] ?? []
  walk.count += rules.length
  if (rules.length === 0 || walk.count > maxRules) return
  if (boundsOf(schema) === undefined) {
    const text =
      'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations'
    const field = `${path}.x-kubernetes-validations`
    walk.errors.push({ field, reason: 'InternalError', message: `Internal error: ${text}` })
    return
  }
  const node = walk.source.nodeOf(schema)
  for (const [index, compiled] of (node?.rules ?? []).entries()) {
    const at = `${path}.x-kubernetes-validations[${index}]`
    const occurrences = place.occurrences ?? node?.fittingTimes ?? unbounded
    weigh('estimated rule cost', `${at}.rule`, times(compiled.program?.cost ?? 0, occurrences), walk)
    walk.errors.push(...checkCompiled(compiled, at, place.uncorrelated))
    const { messageProgram } = compiled
    if (messageProgram !== undefined)
      weigh('estimated messageExpression cost', `${at}.messageExpression`, messageProgram.cost, walk)
  }
}

function weigh(what: string, field: string, cost: number, walk: Walk): void {
  if (cost > ruleLimit) walk.errors.push(forbidden(field, tooCostly(what, cost, ruleLimit)))
  walk.total = Math.min(unbounded, walk.total + cost)
  // Only what is worth a hundredth of the limit is named.
  if (cost >= schemaLimit / 100) walk.costly.push({ field, cost })
}

function tooCostly(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const shown = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}

/** The rule as Kubernetes shows it in its complaints. */
function shown(rule: ValidationRule): string {
  const { message = '', messageExpression = '', reason = null, fieldPath = '', optionalOldSelf = null } = rule
  const fields = {
    Rule: rule.rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf,
  }
  return JSON.stringify(fields).replace(/[<>&]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function checkCompiled(compiled: CompiledRule, at: string, uncorrelated: string | undefined): FieldError[] {
  const { rule, problem, program, messageProblem } = compiled
  const complaint = (field: string, text: string): FieldError => ({
    field: `${at}.${field}`,
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown(rule)}: ${text}`,
  })
  const usesOldSelf = program?.usesOldSelf === true
  const transition = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
  return [
    ...(problem === undefined ? [] : [complaint('rule', problem)]),
    ...(messageProblem === undefined ? [] : [complaint('messageExpression', messageProblem)]),
    ...(usesOldSelf && uncorrelated !== undefined ? [invalid(`${at}.rule`, rule.rule, transition)] : []),
    ...(!usesOldSelf && rule.optionalOldSelf !== undefined
      ? [invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')]
      : []),
  ]
}
