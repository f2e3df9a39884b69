// Runs the rules of a schema over a value and words their verdicts as Kubernetes does.
import { isJsonObject, type Json, type JsonObject } from '../../../api/json.ts'
import { propertySchema } from '../child.ts'
import { oldItems, oldProperty } from '../correlate.ts'
import { childPath, equalJson, maxDepth, showValue } from '../json-value.ts'
import type { FieldError, Schema, ValidationRule } from '../schema.ts'
import { aligned } from './align.ts'
import { BudgetError, exhaustedText, objectBudget, ruleBudget, withBudget } from './budget.ts'
import { fieldPathOf } from './field-path.ts'
import { Optional } from './lang.ts'
import { type CompiledNode, type CompiledRule, hasRules, type RuleSource, rulesOf } from './rule.ts'

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
  visit(schema, value, old, '', run, 0)
  return run
}

function visit(schema: Schema, value: Json, old: Json | undefined, path: string, run: Run, depth: number): void {
  if (value === null || depth > maxDepth || run.left <= 0 || !hasRules(schema)) return
  const node = run.source.nodeOf(schema)
  if (node !== undefined) judge(node, schema, value, old, path, run)
  if (Array.isArray(value)) visitItems(schema, value, old, path, run, depth)
  else if (isJsonObject(value)) visitProperties(schema, value, old, path, run, depth)
}

function visitItems(
  schema: Schema,
  value: readonly Json[],
  old: Json | undefined,
  path: string,
  run: Run,
  depth: number,
) {
  const { items } = schema
  if (items === undefined || !hasRules(items)) return
  const before = oldItems(schema, old)
  for (const [index, item] of value.entries()) visit(items, item, before(item), `${path}[${index}]`, run, depth + 1)
}

function visitProperties(
  schema: Schema,
  value: JsonObject,
  old: Json | undefined,
  path: string,
  run: Run,
  depth: number,
) {
  for (const [name, child] of Object.entries(value)) {
    const described = propertySchema(schema, name)
    if (described === undefined || child === undefined) continue
    visit(described, child, oldProperty(schema, old, name), childPath(path, name), run, depth + 1)
  }
}

function judge(node: CompiledNode, schema: Schema, value: Json, old: Json | undefined, path: string, run: Run): void {
  let self: unknown
  let oldSelf: unknown
  try {
    self = node.type.convert(value)
    oldSelf = old === undefined || old === null ? undefined : node.type.convert(aligned(schema, old, value))
  } catch {
    // A value that is not what its schema says was complained about already.
    return
  }
  const unchanged = old !== undefined && equalJson(value, old)
  for (const compiled of node.rules) {
    if (run.left <= 0) return
    judgeRule(compiled, { self, oldSelf, unchanged, value, path }, run)
  }
}

interface Subject {
  readonly self: unknown
  readonly oldSelf: unknown
  readonly unchanged: boolean
  readonly value: Json
  readonly path: string
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
      faults.push(problem(subject, `${errorText(error)} evaluating rule: ${rule.message?.trim() || rule.rule.trim()}`))
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

function problem({ path, value }: Subject, text: string): FieldError {
  const type = Array.isArray(value) ? 'array' : isJsonObject(value) ? 'object' : scalarType(value)
  return { field: fieldText(path), reason: 'FieldValueInvalid', message: `Invalid value: "${type}": ${text}` }
}

function scalarType(value: Json): string {
  if (typeof value !== 'number') return typeof value
  return Number.isInteger(value) ? 'integer' : 'number'
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
  { path, value }: Subject,
): FieldError {
  const reason = reasonOf(compiled.rule)
  const inner = compiled.rule.fieldPath === undefined ? undefined : fieldPathOf(compiled.rule.fieldPath)
  const field = inner === undefined ? path : inner.reduce((at, part) => `${at}${part}`, path).replace(/^\./, '')
  const scalar = typeof value !== 'object'
  const shown =
    scalar && (reason === 'FieldValueInvalid' || reason === 'FieldValueDuplicate') ? `: ${showValue(value)}` : ''
  return { field: fieldText(field), reason, message: `${prefixes[reason]}${shown}: ${messageOf(compiled, values)}` }
}
