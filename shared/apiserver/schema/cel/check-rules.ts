// Judges the rules of a schema when their definition is made: what cannot work is refused then, with the place named.
import { forbidden, invalid, notSupported, required } from '../field-errors.ts'
import type { FieldError, Schema, ValidationRule } from '../schema.ts'
import { isFieldOf } from './field-path.ts'
import { type CompiledRule, hasRules, rulesOf } from './rule.ts'

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']
/** Texts of one definition are bounded, and so is how many rules it has. */
const maxRules = 500
const maxMessage = 2048

interface Walk {
  readonly errors: FieldError[]
  count: number
}

/** Complaints about every rule below a root schema; `path` is the schema's own. */
export function checkRules(schema: Schema, path: string): readonly FieldError[] {
  if (!hasRules(schema)) return []
  const walk: Walk = { errors: [], count: 0 }
  visit(schema, schema, path, undefined, walk)
  if (walk.count > maxRules) walk.errors.push(forbidden(path, `must not have more than ${maxRules} validation rules`))
  return walk.errors
}

/** `uncorrelated` is the path of the list below which old and new values cannot be matched. */
function visit(root: Schema, schema: Schema, path: string, uncorrelated: string | undefined, walk: Walk): void {
  if (!hasRules(schema) || walk.count > maxRules) return
  checkNode(root, schema, path, uncorrelated, walk)
  const { properties, items, additionalProperties } = schema
  const below = schema['x-kubernetes-map-type'] === 'atomic' ? (uncorrelated ?? path) : uncorrelated
  for (const [name, child] of Object.entries(properties ?? {}))
    visit(root, child, `${path}.properties[${name}]`, below, walk)
  if (typeof additionalProperties === 'object')
    visit(root, additionalProperties, `${path}.additionalProperties`, below, walk)
  if (items === undefined) return
  const correlated = schema['x-kubernetes-list-type'] === 'map'
  visit(root, items, `${path}.items`, correlated ? below : (below ?? path), walk)
}

function checkNode(root: Schema, schema: Schema, path: string, uncorrelated: string | undefined, walk: Walk): void {
  const rules = schema['x-kubernetes-validations'] ?? []
  walk.count += rules.length
  if (rules.length === 0 || walk.count > maxRules) return
  const compiled = rulesOf(root).nodeOf(schema)?.rules ?? []
  for (const [index, rule] of rules.entries()) {
    const at = `${path}.x-kubernetes-validations[${index}]`
    walk.errors.push(...checkTexts(schema, rule, at))
    const result = compiled[index]
    if (result !== undefined && rule.rule.trim() !== '') walk.errors.push(...checkCompiled(result, at, uncorrelated))
  }
}

function checkTexts(schema: Schema, rule: ValidationRule, at: string): FieldError[] {
  const { message, reason, fieldPath, messageExpression } = rule
  return [
    ...(rule.rule.trim() === '' ? [required(`${at}.rule`, 'rule is not specified')] : []),
    ...(message !== undefined && message !== '' && message.trim() === ''
      ? [invalid(`${at}.message`, message, 'message must be non-empty if specified')]
      : []),
    ...(message !== undefined && /[\n\r]/.test(message.trim())
      ? [invalid(`${at}.message`, message, 'must not contain line breaks')]
      : []),
    ...(message !== undefined && message.length > maxMessage
      ? [
          invalid(
            `${at}.message`,
            `${message.slice(0, 10)}...`,
            `must have a maximum length of ${maxMessage} characters`,
          ),
        ]
      : []),
    ...(/[\n\r]/.test(rule.rule.trim()) && !message
      ? [required(`${at}.message`, 'message must be specified if rule contains line breaks')]
      : []),
    ...(messageExpression !== undefined && messageExpression.trim() === ''
      ? [required(`${at}.messageExpression`, 'must be non-empty if specified')]
      : []),
    ...(reason !== undefined && !reasons.includes(reason) ? [notSupported(`${at}.reason`, reason, reasons)] : []),
    ...(fieldPath !== undefined && !isFieldOf(schema, fieldPath)
      ? [invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path')]
      : []),
  ]
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
  const transition = program?.usesOldSelf === true && uncorrelated !== undefined
  return [
    ...(problem === undefined ? [] : [complaint('rule', problem)]),
    ...(messageProblem === undefined ? [] : [complaint('messageExpression', messageProblem)]),
    ...(transition
      ? [
          invalid(
            `${at}.rule`,
            rule.rule,
            `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`,
          ),
        ]
      : []),
    ...(rule.optionalOldSelf !== undefined && program !== undefined && !program.usesOldSelf
      ? [invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule')]
      : []),
  ]
}
