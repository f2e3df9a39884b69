// Rules, compiled: checked against the types of their schema, metered, ready to run.
import type { Environment } from '@marcbachmann/cel-js'
import { errorMessage } from '../../../errors.ts'
import type { Schema, ValidationRule } from '../schema.ts'
import { spend, spendLength } from './budget.ts'
import { type Bounds, boundsOf, fittingTimes } from './cost/bounds.ts'
import { worstCost } from './cost/worst-cost.ts'
import { newEnvironment } from './environment.ts'
import { isNode, type Node, nodesOf } from './lang.ts'
import { checkLiterals } from './literals.ts'
import { hasMacro, isHasMacro } from './macro-library.ts'
import { memberName, selectedName } from './names.ts'
import { replacedMethods } from './text-library.ts'
import { type CelType, TypeSource } from './types.ts'

/** An expression that passed its check. */
export interface Program {
  /** Throws what the expression throws, and BudgetError. */
  run(values: Readonly<Record<string, unknown>>): unknown
  readonly usesOldSelf: boolean
  /** The worst it may cost on a value of its schema. */
  readonly cost: number
}

export interface CompiledRule {
  readonly rule: ValidationRule
  /** Why the rule cannot be compiled. */
  readonly problem?: string
  readonly program?: Program
  readonly messageProblem?: string
  readonly messageProgram?: Program
}

export interface CompiledNode {
  readonly type: CelType
  readonly rules: readonly CompiledRule[]
  /** How many values of the node fit into one object. */
  readonly fittingTimes: number
}

function isCallOf(node: Node, name: string): boolean {
  return node.op === 'call' && Array.isArray(node.args) && node.args[0] === name
}

/** Calls of functions that are replaced are renamed before anything is checked, and so are fields every class has. */
function rewrite(node: Node): void {
  const { macro } = node.meta
  if (isCallOf(node, 'has') && isHasMacro(macro)) Object.assign(macro, hasMacro)
  if (!Array.isArray(node.args)) return
  const [first, second, ...rest] = node.args as readonly unknown[]
  if ((node.op === '.' || node.op === '.?') && typeof second === 'string') {
    node.args = [first, memberName(selectedName(second))]
  } else if ((node.op === 'rcall' || node.op === 'call') && typeof first === 'string') {
    const replacement = Object.hasOwn(replacedMethods, first) ? replacedMethods[first] : undefined
    if (replacement !== undefined) node.args = [replacement, second, ...rest]
  }
}

/** Makes every step of an expression pay. The library replaces `evaluate` on first use, hence the setter. */
function meter(nodes: readonly Node[]): void {
  for (const node of nodes) {
    let inner = node.evaluate
    const metered: Node['evaluate'] = (evaluator, self, context) => {
      spend(1)
      const result = attempted(() => inner.call(node, evaluator, self, context))
      if (typeof result === 'string' || Array.isArray(result)) spendLength(result.length)
      return result
    }
    Object.defineProperty(node, 'evaluate', {
      get: () => metered,
      set: (replacement: Node['evaluate']) => {
        inner = replacement
      },
    })
  }
}

/** An error costs more than a step: it carries a picture of its place. */
const errorCost = 20

function attempted<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    spend(errorCost)
    throw error
  }
}

/** What an expression must give, and what is said when it gives something else. */
interface Wanted {
  readonly type: 'bool' | 'string'
  readonly complaint: string
}

const verdict: Wanted = { type: 'bool', complaint: 'cel expression must evaluate to a bool' }
const messageText: Wanted = { type: 'string', complaint: 'messageExpression must evaluate to a string' }

/** Throws with the compiler's words when the expression is wrong or gives something else than `wanted`. */
function compile(environment: Environment, expression: string, wanted: Wanted, bounds: Bounds): Program {
  const parsed = environment.parse(expression)
  if (!isNode(parsed.ast)) throw new Error('compilation failed: the expression has no tree')
  const nodes = nodesOf(parsed.ast)
  for (const node of nodes) rewrite(node)
  const checked = parsed.check()
  if (!checked.valid) throw new Error(`compilation failed: ${checked.error?.message ?? 'unknown error'}`)
  checkLiterals(nodes)
  if (checked.type !== wanted.type) throw new Error(wanted.complaint)
  const cost = worstCost(parsed.ast, bounds)
  meter(nodes)
  return {
    cost,
    run: (values) => parsed(values),
    usesOldSelf: nodes.some((node) => node.op === 'id' && node.args === 'oldSelf'),
  }
}

function attempt(work: () => Program): { readonly program?: Program; readonly problem?: string } {
  try {
    return { program: work() }
  } catch (error) {
    const text = errorMessage(error)
    return {
      problem: /^(compilation failed|cel expression|messageExpression)/.test(text)
        ? text
        : `compilation failed: ${text}`,
    }
  }
}

function compileRule(base: Environment, type: CelType, bounds: Bounds, rule: ValidationRule): CompiledRule {
  const oldType = rule.optionalOldSelf === true ? `optional<${type.name}>` : type.name
  const environment = base.clone().registerVariable('self', type.name).registerVariable('oldSelf', oldType)
  const { program, problem } = attempt(() => compile(environment, rule.rule, verdict, bounds))
  const expression = rule.messageExpression
  // A message is of use only to a rule that can fail.
  const message =
    !expression || program === undefined ? {} : attempt(() => compile(environment, expression, messageText, bounds))
  return {
    rule,
    ...(program !== undefined && { program }),
    ...(problem !== undefined && { problem }),
    ...(message.program !== undefined && { messageProgram: message.program }),
    ...(message.problem !== undefined && {
      messageProblem: message.problem.replace(/^compilation/, 'messageExpression compilation'),
    }),
  }
}

const rulesBelow = new WeakMap<Schema, boolean>()

/** True when the schema, or one below it, has rules. */
export function hasRules(schema: Schema): boolean {
  const known = rulesBelow.get(schema)
  if (known !== undefined) return known
  // A schema that refers to itself meets its own entry and stops here.
  rulesBelow.set(schema, false)
  const { additionalProperties, items, properties } = schema
  const found =
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    (items !== undefined && hasRules(items)) ||
    (typeof additionalProperties === 'object' && hasRules(additionalProperties)) ||
    Object.values(properties ?? {}).some(hasRules)
  rulesBelow.set(schema, found)
  return found
}

/** For what rules cannot see into. */
const noFields: Bounds = { maxElements: 0, minBytes: 2 }

/** The rules of one kind, compiled node by node as they are met. */
export class RuleSource {
  private readonly environment = newEnvironment()
  private readonly types: TypeSource
  private readonly root: Schema
  private readonly nodes = new Map<Schema, CompiledNode>()

  private readonly resource: boolean

  /** `resource` when the root is a whole object and not a part of one; `strict` to judge rules rather than run them. */
  constructor(root: Schema, { resource = true, strict = false } = {}) {
    this.types = new TypeSource(this.environment, strict)
    this.root = root
    this.resource = resource
    // All object types are known before the first rule: an environment that was cloned takes no more.
    this.types.typeOf(root, resource)
  }

  nodeOf(schema: Schema): CompiledNode | undefined {
    const rules = schema['x-kubernetes-validations']
    if (rules === undefined || rules.length === 0) return undefined
    let node = this.nodes.get(schema)
    if (node === undefined) {
      const type = this.types.typeOf(schema, schema === this.root && this.resource)
      const bounds = boundsOf(schema, schema === this.root && this.resource) ?? noFields
      node = {
        type,
        rules: rules.map((rule) => compileRule(this.environment, type, bounds, rule)),
        fittingTimes: fittingTimes(bounds),
      }
      this.nodes.set(schema, node)
    }
    return node
  }
}

const sources = new WeakMap<Schema, RuleSource>()

/** The compiled rules below a root schema; made once for it. */
export function rulesOf(root: Schema): RuleSource {
  let source = sources.get(root)
  if (source === undefined) {
    source = new RuleSource(root)
    sources.set(root, source)
  }
  return source
}
