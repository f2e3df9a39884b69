// Runs the rules of a schema over a value and words their verdicts as Kubernetes does.
import { isJsonObject, type Json, type JsonObject } from '../../../api/json.ts'
import { memberPath, propertySchema } from '../child.ts'
import { isUnchanged, oldItems, oldProperty } from '../correlate.ts'
import { maxDepth, showValue } from '../json-value.ts'
import type { FieldError, Schema, ValidationRule } from '../schema.ts'
import { aligned } from './align.ts'
import { BudgetError, exhaustedText, objectBudget, ruleBudget, withBudget } from './budget.ts'
import { readFieldPath } from './field-path.ts'
import { Optional } from './lang.ts'
import { type CompiledNode, type CompiledRule, hasRules, RuleSource, rulesOf } from './rule.ts'

interface Run {
  readonly source: RuleSource
  readonly errors: FieldError[]
  readonly forgiven: FieldError[]
  left: number
}

export interface Verdicts {
  readonly errors: readonly FieldError[]
  /** Rules broken by parts an update did not touch: worth a warning, no refusal. */
  readonly forgiven: readonly FieldError[]
}

/** Verdicts of every rule below `schema`, a root. `old` is the stored object of an update. */
export function validateRules(schema: Schema, value: JsonObject, old: JsonObject | undefined): Verdicts {
  if (!hasRules(schema)) return { errors: [], forgiven: [] }
  const run: Run = { source: rulesOf(schema), errors: [], forgiven: [], left: objectBudget }
  visit(schema, value, { old, path: '', unchanged: false, depth: 0 }, run)
  return run
}

/** Verdicts on one value that is a part of an object, at `path`. */
export function validateRulesOf(
  schema: Schema,
  value: Json,
  old: Json | undefined,
  path: string,
): readonly FieldError[] {
  if (!hasRules(schema)) return []
  const resource = schema['x-kubernetes-embedded-resource'] === true
  const run: Run = { source: new RuleSource(schema, { resource }), errors: [], forgiven: [], left: objectBudget }
  visit(schema, value, { old, path, unchanged: false, depth: 0 }, run)
  return [...run.errors, ...run.forgiven]
}

/** Where a value is, and what it continues. */
interface Place {
  readonly old: Json | undefined
  readonly path: string
  /** Whether the nearest part around it that continues an old one is as it was. */
  readonly unchanged: boolean
  readonly depth: number
}

function visit(schema: Schema, value: Json, outer: Place, run: Run): void {
  if (value === null || outer.depth > maxDepth || run.left <= 0 || !hasRules(schema)) return
  const place = outer.old === undefined ? outer : { ...outer, unchanged: isUnchanged(schema, value, outer.old) }
  const node = run.source.nodeOf(schema)
  if (node !== undefined) judge(node, schema, value, place, run)
  if (Array.isArray(value)) visitItems(schema, value, place, run)
  else if (isJsonObject(value)) visitProperties(schema, value, place, run)
}

function visitItems(schema: Schema, value: readonly Json[], place: Place, run: Run) {
  const { items } = schema
  if (items === undefined || !hasRules(items)) return
  const { path, depth } = place
  const before = oldItems(schema, place.old)
  for (const [index, item] of value.entries())
    visit(items, item, { ...place, old: before(item), path: `${path}[${index}]`, depth: depth + 1 }, run)
}

function visitProperties(schema: Schema, value: JsonObject, place: Place, run: Run) {
  const { path, depth } = place
  for (const [name, child] of Object.entries(value)) {
    const described = propertySchema(schema, name)
    if (described === undefined || child === undefined) continue
    const old = oldProperty(place.old, name)
    visit(described, child, { ...place, old, path: memberPath(schema, path, name), depth: depth + 1 }, run)
  }
}

function judge(node: CompiledNode, schema: Schema, value: Json, { old, path, unchanged }: Place, run: Run): void {
  let self: unknown
  let oldSelf: unknown
  try {
    self = node.type.convert(value)
    oldSelf = old === undefined || old === null ? undefined : node.type.convert(aligned(schema, old, value))
  } catch {
    // A value that is not what its schema says was complained about already.
    return
  }
  for (const compiled of node.rules) {
    if (run.left <= 0) return
    judgeRule(compiled, { self, oldSelf, unchanged, value, path, schema }, run)
  }
}

interface Subject {
  readonly self: unknown
  readonly oldSelf: unknown
  readonly unchanged: boolean
  readonly value: Json
  readonly path: string
  readonly schema: Schema
}

function judgeRule(compiled: CompiledRule, subject: Subject, run: Run): void {
  const { rule, program } = compiled
  if (program === undefined) {
    run.errors.push(problem(subject, `rule compile error: ${compiled.problem ?? 'unknown'}`))
    return
  }
  const optional = rule.optionalOldSelf === true
  // A transition needs both sides.
  if (program.usesOldSelf && !optional && subject.oldSelf === undefined) return
  const faults = subject.unchanged && !program.usesOldSelf ? run.forgiven : run.errors
  const values = {
    self: subject.self,
    ...(optional
      ? { oldSelf: Optional.of(subject.oldSelf) }
      : subject.oldSelf !== undefined && { oldSelf: subject.oldSelf }),
  }
  try {
    const allowed = Math.min(ruleBudget, run.left)
    const { result, left } = withBudget(allowed, () => program.run(values))
    run.left -= allowed - left
    if (result !== true) faults.push(broken(compiled, values, subject))
  } catch (error) {
    if (error instanceof BudgetError) {
      run.left = 0
      run.errors.push(problem(subject, exhaustedText))
    } else {
      run.errors.push(
        problem(subject, `${errorText(error)} evaluating rule: ${rule.message?.trim() || rule.rule.trim()}`),
      )
    }
  }
}

/** The library's own words without its picture of the place, starting small as Go's do. */
function errorText(error: unknown): string {
  const summary = error instanceof Error && 'summary' in error ? error.summary : undefined
  const text = typeof summary === 'string' ? summary : error instanceof Error ? error.message : String(error)
  const [first = ''] = text.split('\n')
  return `${first.charAt(0).toLowerCase()}${first.slice(1)}`
}

function problem({ path, schema }: Subject, text: string): FieldError {
  return {
    field: fieldText(path),
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(schema.type ?? '')}: ${text}`,
  }
}

/** The object as a whole has no path. */
const fieldText = (path: string) => (path === '' ? '<nil>' : path)

function messageOf({ rule, messageProgram }: CompiledRule, values: Readonly<Record<string, unknown>>): string {
  const fallback = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`
  if (messageProgram === undefined) return fallback
  try {
    const { result } = withBudget(ruleBudget, () => messageProgram.run(values))
    const text = typeof result === 'string' ? result.trim() : ''
    return text === '' || text.includes('\n') || text.length > longestMessage ? fallback : text
  } catch {
    return fallback
  }
}

const longestMessage = 5 * 1024

const prefixes: Readonly<Record<string, string>> = {
  FieldValueInvalid: 'Invalid value',
  FieldValueForbidden: 'Forbidden',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
}

function reasonOf({ reason }: ValidationRule): FieldError['reason'] {
  return reason !== undefined && Object.hasOwn(prefixes, reason)
    ? (reason as FieldError['reason'])
    : 'FieldValueInvalid'
}

function broken(
  compiled: CompiledRule,
  values: Readonly<Record<string, unknown>>,
  { path, value, schema }: Subject,
): FieldError {
  const { fieldPath } = compiled.rule
  const reason = reasonOf(compiled.rule)
  const read = fieldPath ? readFieldPath(schema, fieldPath) : undefined
  const field = read?.problem === undefined && read ? `${path}${read.parts.join('')}`.replace(/^\./, '') : path
  const scalar = typeof value !== 'object'
  const message = messageOf(compiled, values)
  const shown =
    scalar && (reason === 'FieldValueInvalid' || reason === 'FieldValueDuplicate') ? `: ${showValue(value)}` : ''
  // A repeated value says all there is to say.
  const text = reason === 'FieldValueDuplicate' ? '' : `: ${message}`
  return { field: fieldText(field), reason, message: `${prefixes[reason]}${shown}${text}` }
}
