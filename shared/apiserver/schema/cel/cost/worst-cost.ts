// The worst an expression may cost, before it ever runs: its nodes, weighed by how large the values of its schema can be.
import { isNode, type Node } from '../lang.ts'
import { type Bounds, sizeAt } from './bounds.ts'
import { callCost } from './call-cost.ts'
import {
  type CheckedType,
  type Entry,
  type Estimate,
  fixed,
  listBase,
  mapBase,
  noBounds,
  plus,
  type Size,
  times,
} from './estimate.ts'
import {
  added,
  anything,
  chosen,
  compared,
  grown,
  isOpaque,
  isTwoVariable,
  literal,
  mayBeText,
  namespaceOf,
  type Scope,
  typeOf,
  typeSize,
  unitedSizes,
  type Variable,
} from './node-cost.ts'

/** The cost of a checked expression over a value of `root`. */
export function worstCost(expression: unknown, root: Bounds): number {
  return isNode(expression) ? new Weigher(root).weigh(expression, new Map()).cost : 0
}

class Weigher {
  private readonly root: Bounds
  constructor(root: Bounds) {
    this.root = root
  }

  weigh(node: Node, scope: Scope): Estimate {
    const estimate = this.weighNode(node, scope)
    const size = estimate.size ?? sizeAt(this.root, estimate.path) ?? typeSize(typeOf(node))
    return { ...estimate, size, type: typeOf(node) }
  }

  private weighNode(node: Node, scope: Scope): Estimate {
    const { op, args, meta } = node
    const type = typeOf(node)
    if (op === 'value') return literal(args, type)
    if (op === 'id') return this.variable(String(args), scope, type)
    if (op === 'list') return this.list(args as readonly Node[], scope, type)
    if (op === 'map') return this.map(args as readonly (readonly [Node, Node])[], scope, type)
    if (op === '.') return this.select(node, scope)
    if (op === 'call' || op === 'rcall') {
      if (isNode(meta.alternate) && meta.alternate.op === 'comprehension') return this.comprehension(node, scope)
      return this.call(node, scope)
    }
    return this.operator(node, scope)
  }

  private variable(name: string, scope: Scope, type: CheckedType): Estimate {
    const local = scope.get(name)
    if (local === undefined) return { cost: 1, path: [name], size: undefined, type }
    const size = sizeAt(this.root, local.path) ?? typeSize(type) ?? local.size
    return { cost: 1, path: local.path, size, entry: local.entry, type }
  }

  private list(items: readonly Node[], scope: Scope, type: CheckedType): Estimate {
    const weighed = items.map((item) => this.weigh(item, scope))
    const value = unitedSizes(weighed)
    const cost = plus(listBase, ...weighed.map((item) => item.cost))
    return { cost, path: [], size: fixed(items.length), entry: { container: 'list', key: fixed(1), value }, type }
  }

  private map(entries: readonly (readonly [Node, Node])[], scope: Scope, type: CheckedType): Estimate {
    const keys = entries.map(([key]) => this.weigh(key, scope))
    const values = entries.map(([, value]) => this.weigh(value, scope))
    const cost = plus(mapBase, ...[...keys, ...values].map((part) => part.cost))
    const entry: Entry = { container: 'map', key: unitedSizes(keys), value: unitedSizes(values) }
    return { cost, path: [], size: fixed(entries.length), entry, type }
  }

  private select(node: Node, scope: Scope): Estimate {
    const [operand, field] = node.args as readonly [Node, string]
    const inner = this.weigh(operand, scope)
    const counts = inner.type.kind !== 'dyn' && inner.type.kind !== 'list' && inner.type.kind !== 'optional'
    const path = inner.path.length === 0 ? [field] : [...inner.path, field]
    return { cost: plus(inner.cost, counts ? 1 : 0), path, size: undefined, type: typeOf(node) }
  }

  /** all, exists, exists_one, map and filter. */
  private comprehension(node: Node, scope: Scope): Estimate {
    const [name, receiver, args] = node.args as readonly [string, Node, readonly Node[]]
    const [variable, ...bodies] = args
    const range = this.weigh(receiver, scope)
    const inner = new Map(scope).set(String(variable?.args), this.iterated(range, 'single'))
    return this.loop(node, name, range, bodies, inner, [String(variable?.args)])
  }

  /** The variable of a loop over a list's items or a map's keys, or one of the two of a loop over both. */
  private iterated(range: Estimate, which: 'single' | 'key' | 'value'): Variable {
    const isList = (range.entry?.container ?? range.type.kind) === 'list'
    const takesValue = which === 'value' || (which === 'single' && isList)
    const step = takesValue ? (isList ? '@items' : '@values') : isList ? '@indices' : '@keys'
    return { path: [...range.path, step], size: takesValue ? range.entry?.value : range.entry?.key }
  }

  private loop(
    node: Node,
    name: string,
    range: Estimate,
    bodies: readonly Node[],
    scope: Scope,
    names: readonly string[],
  ): Estimate {
    const weighed = bodies.map((body) => this.weigh(body, scope))
    const [first, second] = weighed
    const body = first?.cost ?? 0
    const rounds = range.size ?? noBounds
    const type = typeOf(node)
    const total = (before: number, each: number, after: number) =>
      plus(range.cost, before, times(rounds.max, each), after)
    switch (name) {
      case 'all':
        return { cost: total(0, plus(2, 1, body), 1), path: [], size: undefined, type }
      case 'exists':
        return { cost: total(0, plus(3, 1, body), 1), path: [], size: undefined, type }
      case 'exists_one':
      case 'existsOne':
        return { cost: total(0, plus(body, 2), 2), path: [], size: undefined, type }
      case 'filter': {
        const item = this.variable(names[0] ?? '', scope, anything)
        const entry = grown(item.size)
        return { cost: total(listBase, plus(body, listBase + 3), 1), path: [], size: rounds, entry, type }
      }
      case 'transformMap': {
        const step = second === undefined ? plus(body, 3) : plus(body, 3, second.cost)
        return { cost: total(mapBase, step, 1), path: [], size: rounds, type }
      }
      default: {
        // map and transformList, with or without a condition.
        const result = second ?? first
        const step = plus(second === undefined ? 0 : body, listBase + 2, result?.cost ?? 0)
        return { cost: total(listBase, step, 1), path: [], size: rounds, entry: grown(result?.size), type }
      }
    }
  }

  private call(node: Node, scope: Scope): Estimate {
    const type = typeOf(node)
    const isMember = node.op === 'rcall'
    const [name, receiver, list] = isMember
      ? (node.args as readonly [string, Node, readonly Node[]])
      : ([...(node.args as readonly [string, readonly Node[]]).slice(0, 1), undefined, (node.args as unknown[])[1]] as [
          string,
          undefined,
          readonly Node[],
        ])
    if (name === 'has') return this.presence(list[0], scope, type)
    const namespace = namespaceOf(receiver, scope)
    const { macro } = node.meta
    if (receiver !== undefined && isTwoVariable(macro)) {
      const range = this.weigh(receiver, scope)
      const [key, value, ...bodies] = list
      const names = [String(key?.args), String(value?.args)]
      const inner = new Map(scope)
        .set(names[0] ?? '', this.iterated(range, 'key'))
        .set(names[1] ?? '', this.iterated(range, 'value'))
      return this.loop(node, name, range, bodies, inner, names)
    }
    const target = receiver === undefined || namespace !== undefined ? undefined : this.weigh(receiver, scope)
    if (target !== undefined && (name === 'optMap' || name === 'optFlatMap'))
      return this.optionalBody(name, target, list, scope, type)
    const args = list.map((arg) => this.weigh(arg, scope))
    const { cost, size } = callCost(name, namespace, target, args, (from) => this.elementOf(from))
    const copied = name === 'dyn' ? args[0] : undefined
    return {
      cost: plus(target?.cost ?? 0, cost, ...args.map((arg) => arg.cost)),
      path: [],
      size: size ?? copied?.size,
      entry: copied?.entry,
      type,
    }
  }

  private presence(field: Node | undefined, scope: Scope, type: CheckedType): Estimate {
    const operand = field === undefined ? undefined : (field.args as readonly unknown[])[0]
    return { cost: isNode(operand) ? this.weigh(operand, scope).cost : 0, path: [], size: undefined, type }
  }

  private optionalBody(
    name: string,
    target: Estimate,
    [variable, body]: readonly Node[],
    scope: Scope,
    type: CheckedType,
  ): Estimate {
    const value: Variable = { path: [], size: undefined }
    const inner = body === undefined ? undefined : this.weigh(body, new Map(scope).set(String(variable?.args), value))
    // hasValue() is asked, value() is bound, and the result may be wrapped again.
    const taken = plus(target.cost, 1, listBase, inner?.cost ?? 0, name === 'optMap' ? 1 : 0)
    return { cost: plus(target.cost, 1, taken), path: [], size: undefined, type }
  }

  private elementOf(list: Estimate): { isText: boolean; size: Size } | undefined {
    const { valueType } = list.type
    if (list.type.kind !== 'list' || valueType === undefined) return undefined
    const size = list.path.length === 0 ? undefined : sizeAt(this.root, [...list.path, '@items'])
    return { isText: valueType.name === 'string' || valueType.name === 'bytes', size: size ?? noBounds }
  }

  private operator(node: Node, scope: Scope): Estimate {
    const type = typeOf(node)
    const listed = Array.isArray(node.args) ? (node.args as readonly unknown[]) : [node.args]
    const parts = listed.filter(isNode).map((part) => this.weigh(part, scope))
    const [a, b, c] = parts
    const sum = plus(...parts.map((part) => part.cost))
    const plain = { cost: plus(sum, 1), path: [], size: undefined, type }
    if (a === undefined) return plain
    switch (node.op) {
      case '&&':
      case '||':
        return { ...plain, cost: sum }
      case '?:':
        return { ...plain, ...chosen(a, b, c) }
      case 'in':
        return b?.type.kind === 'map' ? plain : { ...plain, cost: plus(sum, (b?.size ?? noBounds).max) }
      case '+':
        return { ...plain, ...added(a, b, sum) }
      case '[]':
        return { ...plain, path: [...a.path, a.type.kind === 'map' ? '@values' : '@items'], size: a.entry?.value }
      case '==':
      case '!=':
        return isOpaque(a) ? plain : { ...plain, cost: plus(sum, compared(a, b)) }
      case '<':
      case '<=':
      case '>':
      case '>=':
        return mayBeText(a) && mayBeText(b) ? { ...plain, cost: plus(sum, compared(a, b)) } : plain
      default:
        return plain
    }
  }
}
