// Comprehensions over index and value (lists) or key and value (maps), and the macros of optional values.
import { type Environment, Optional } from '@marcbachmann/cel-js'
import { isNode, type Node } from './lang.ts'

interface TypeDeclaration {
  readonly kind: string
  readonly keyType?: TypeDeclaration
  readonly valueType?: TypeDeclaration
}

interface Context {
  forkWithVariable(name: string, type: TypeDeclaration): Context
  reuse(parent: Context): Context
  setIterValue(value: unknown, evaluator: Evaluator): Context
}

interface Checker {
  readonly dynType: TypeDeclaration
  readonly registry: {
    getListType(type: TypeDeclaration): TypeDeclaration
    getMapType(key: TypeDeclaration, value: TypeDeclaration): TypeDeclaration
    getOptionalType(type: TypeDeclaration): TypeDeclaration
  }
  check(node: Node, context: Context): TypeDeclaration
  getType(name: string): TypeDeclaration
  createError(code: string, message: string, node: Node): Error
}

interface Evaluator {
  run(node: Node, context: Context): unknown
  debugType(value: unknown): { fieldLazy(value: unknown, field: string, node: Node, evaluator: Evaluator): unknown }
}

interface HasMacro {
  readonly args: readonly [Node]
}

/** True for what the library makes of `has(...)`. */
export function isHasMacro(macro: unknown): macro is HasMacro {
  return (
    typeof macro === 'object' &&
    macro !== null &&
    'args' in macro &&
    Array.isArray(macro.args) &&
    macro.args.length === 1
  )
}

/** `has(e.f)` for any expression `e`; the library's own allows plain names only. */
export const hasMacro = {
  async: false,
  typeCheck(checker: Checker, { args: [node] }: HasMacro, context: Context): TypeDeclaration {
    if (node.op !== '.' && node.op !== '.?') {
      throw checker.createError('invalid_macro_argument', 'invalid argument to has() macro', node)
    }
    checker.check(node, context)
    return checker.getType('bool')
  },
  evaluate(evaluator: Evaluator, { args: [node] }: HasMacro, context: Context): boolean {
    const [operand, field] = node.args as readonly [Node, string]
    const value = evaluator.run(operand, context)
    const found = evaluator.debugType(value).fieldLazy(value, field, node, evaluator)
    return found instanceof Optional ? found.hasValue() : found !== undefined
  },
}

interface Call {
  readonly ast: Node
  readonly args: readonly Node[]
  readonly receiver: Node
}

function identifier(node: Node | undefined, macro: string): string {
  if (node?.op === 'id' && typeof node.args === 'string') return node.args
  throw new Error(`${macro}: the variable must be a plain name`)
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value.entries()]
  if (value instanceof Set) return [...value].map((item, index) => [BigInt(index), item])
  if (Array.isArray(value)) return value.map((item, index) => [BigInt(index), item])
  if (typeof value === 'object' && value !== null) return Object.entries(value)
  throw new Error('a comprehension needs a list or a map')
}

/** Works on every entry in turn; `visit` runs a node with both variables set. */
type Fold = (
  entries: readonly (readonly [unknown, unknown])[],
  visit: (node: Node, entry: readonly [unknown, unknown]) => unknown,
  bodies: readonly Node[],
) => unknown

interface TwoVariable {
  readonly name: string
  readonly bodies: number
  /** Bodies that must be bool: those before the last of a filtering transform, or the only one of a test. */
  readonly conditions: number
  readonly result: (checker: Checker, types: readonly TypeDeclaration[], key: TypeDeclaration) => TypeDeclaration
  readonly fold: Fold
}

const bool = (checker: Checker) => checker.getType('bool')

/** An error in one entry only counts when no other entry decides. */
const quantifier =
  (decisive: boolean): Fold =>
  (entries, visit, [body]) => {
    let failure: unknown
    for (const entry of entries) {
      try {
        if (body !== undefined && visit(body, entry) === decisive) return decisive
      } catch (error) {
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
    return !decisive
  }

function transformed(collect: (entry: readonly [unknown, unknown], value: unknown) => void): Fold {
  return (entries, visit, bodies) => {
    const [first, second] = bodies
    for (const entry of entries) {
      if (second !== undefined && first !== undefined && visit(first, entry) !== true) continue
      const body = second ?? first
      if (body !== undefined) collect(entry, visit(body, entry))
    }
    return undefined
  }
}

const toList: Fold = (entries, visit, bodies) => {
  const out: unknown[] = []
  transformed((_entry, value) => out.push(value))(entries, visit, bodies)
  return out
}

const toMap: Fold = (entries, visit, bodies) => {
  const out = new Map<unknown, unknown>()
  transformed(([key], value) => out.set(key, value))(entries, visit, bodies)
  return out
}

const exactlyOne: Fold = (entries, visit, [body]) =>
  entries.filter((entry) => body !== undefined && visit(body, entry) === true).length === 1

const listOf = (checker: Checker, types: readonly TypeDeclaration[]) =>
  checker.registry.getListType(types.at(-1) ?? checker.dynType)
const mapOf = (checker: Checker, types: readonly TypeDeclaration[], key: TypeDeclaration) =>
  checker.registry.getMapType(key, types.at(-1) ?? checker.dynType)

const twoVariable: readonly TwoVariable[] = [
  { name: 'all', bodies: 1, conditions: 1, result: bool, fold: quantifier(false) },
  { name: 'exists', bodies: 1, conditions: 1, result: bool, fold: quantifier(true) },
  { name: 'existsOne', bodies: 1, conditions: 1, result: bool, fold: exactlyOne },
  { name: 'exists_one', bodies: 1, conditions: 1, result: bool, fold: exactlyOne },
  { name: 'transformList', bodies: 1, conditions: 0, result: listOf, fold: toList },
  { name: 'transformList', bodies: 2, conditions: 1, result: listOf, fold: toList },
  { name: 'transformMap', bodies: 1, conditions: 0, result: mapOf, fold: toMap },
  { name: 'transformMap', bodies: 2, conditions: 1, result: mapOf, fold: toMap },
]

interface TwoVariableCall {
  readonly ast: Node
  readonly receiver: Node
  readonly bodies: readonly Node[]
  readonly names: readonly [string, string]
  outer?: Context
  inner?: Context
}

function entryTypes(checker: Checker, type: TypeDeclaration, node: Node): readonly [TypeDeclaration, TypeDeclaration] {
  if (type.kind === 'list') return [checker.getType('int'), type.valueType ?? checker.dynType]
  if (type.kind === 'map') return [type.keyType ?? checker.dynType, type.valueType ?? checker.dynType]
  if (type.kind === 'dyn') return [checker.dynType, checker.dynType]
  throw checker.createError('invalid_comprehension_range', 'a comprehension needs a list or a map', node)
}

function expand({ name, conditions, result, fold }: TwoVariable) {
  return ({ ast, args, receiver }: Call) => {
    const call: TwoVariableCall = {
      ast,
      receiver,
      names: [identifier(args[0], name), identifier(args[1], name)],
      bodies: args.slice(2),
    }
    return {
      ...call,
      async: false,
      typeCheck(checker: Checker, macro: TwoVariableCall, context: Context) {
        const [key, value] = entryTypes(checker, checker.check(receiver, context), receiver)
        macro.outer = context.forkWithVariable(call.names[0], key)
        const inner = macro.outer.forkWithVariable(call.names[1], value)
        macro.inner = inner
        const types = call.bodies.map((body) => checker.check(body, inner))
        for (const [index, type] of types.slice(0, conditions).entries()) {
          if (type !== checker.getType('bool') && type.kind !== 'dyn') {
            throw checker.createError(
              'invalid_predicate',
              `${name}: the condition must be a bool`,
              call.bodies[index] ?? ast,
            )
          }
        }
        return result(checker, types, key)
      },
      evaluate(evaluator: Evaluator, macro: TwoVariableCall, context: Context) {
        const { outer, inner } = macro
        if (outer === undefined || inner === undefined) throw new Error(`${name}: the expression was not checked`)
        const visit = (node: Node, [key, value]: readonly [unknown, unknown]) => {
          outer.reuse(context).setIterValue(key, evaluator)
          return evaluator.run(node, inner.reuse(outer).setIterValue(value, evaluator))
        }
        return fold(entriesOf(evaluator.run(receiver, context)), visit, call.bodies)
      },
    }
  }
}

interface OptionalCall {
  readonly receiver: Node
  readonly body: Node
  readonly variable: string
  inner?: Context
}

/** `optMap` wraps what its body gives; `optFlatMap` expects an optional and keeps it. */
function optionalMacro(name: 'optMap' | 'optFlatMap') {
  const flat = name === 'optFlatMap'
  return ({ args, receiver }: Call) => {
    const [variable, body] = args
    if (!isNode(body)) throw new Error(`${name}: an expression is needed`)
    const call: OptionalCall = { receiver, body, variable: identifier(variable, name) }
    return {
      ...call,
      async: false,
      typeCheck(checker: Checker, macro: OptionalCall, context: Context) {
        const type = checker.check(receiver, context)
        if (type.kind !== 'optional' && type.kind !== 'dyn') {
          throw checker.createError('optional_expected', `${name}: the receiver must be optional`, receiver)
        }
        macro.inner = context.forkWithVariable(call.variable, type.valueType ?? checker.dynType)
        const result = checker.check(body, macro.inner)
        return flat ? result : checker.registry.getOptionalType(result)
      },
      evaluate(evaluator: Evaluator, macro: OptionalCall, context: Context) {
        const value = evaluator.run(receiver, context)
        if (!(value instanceof Optional)) throw new Error(`${name}: the receiver must be optional`)
        if (!value.hasValue() || macro.inner === undefined) return Optional.none()
        const result = evaluator.run(body, macro.inner.reuse(context).setIterValue(value.value(), evaluator))
        return flat ? result : Optional.of(result)
      },
    }
  }
}

type MacroHandler = (call: Call) => unknown

export function registerMacros(environment: Environment): void {
  const add = (signature: string, handler: MacroHandler) =>
    environment.registerFunction(signature, handler as unknown as (...values: unknown[]) => unknown)
  for (const macro of twoVariable) {
    const parameters = Array.from({ length: macro.bodies + 2 }, () => 'ast').join(', ')
    add(`list.${macro.name}(${parameters}): dyn`, expand(macro))
  }
  add('optional.optMap(ast, ast): optional<dyn>', optionalMacro('optMap'))
  add('optional.optFlatMap(ast, ast): optional<dyn>', optionalMacro('optFlatMap'))
}
