// Literals an expression would fail on whenever it runs are refused when it is compiled: broken patterns, durations and
// times, and lists of mixed types.
import { compilePattern } from '../pattern.ts'
import { isNode, type Node, parseDuration } from './lang.ts'

interface Typed {
  readonly checkedType?: { readonly name: string; readonly hasDynType?: boolean; readonly hasPlaceholderType?: boolean }
}

const literalText = (node: unknown): string | undefined =>
  isNode(node) && node.op === 'value' && typeof node.args === 'string' ? node.args : undefined

function throwsFor(text: string): boolean {
  try {
    compilePattern(text)
    return false
  } catch {
    return true
  }
}

function checkCall(name: unknown, first: unknown): void {
  const text = literalText(first)
  if (text === undefined) return
  if (name === 're2Matches' && throwsFor(text)) throw new Error(`invalid matches argument: ${text}`)
  if (name === 'duration' && parseDuration(text) === undefined) throw new Error(`invalid duration argument: ${text}`)
  if (name === 'timestamp' && Number.isNaN(Date.parse(text))) throw new Error(`invalid timestamp argument: ${text}`)
}

/** One type, and any number of values whose type is only known later. */
function checkAlike(nodes: readonly unknown[]): void {
  const types = nodes.map((node) => (node as Typed).checkedType)
  const names = new Set(
    types.flatMap((type) => (type === undefined || type.hasDynType || type.hasPlaceholderType ? [] : [type.name])),
  )
  const [expected, other] = names
  if (other !== undefined) throw new Error(`expected type '${expected}' but found '${other}'`)
}

/** Lists given to `format`: each verb has a type of its own. */
function formatted(nodes: readonly Node[]): ReadonlySet<unknown> {
  const calls = nodes.filter(({ op, args }) => op === 'rcall' && Array.isArray(args) && args[0] === 'format')
  return new Set(calls.flatMap(({ args }) => (args as readonly unknown[])[2]))
}

/** Throws for the first literal that cannot be right. */
export function checkLiterals(nodes: readonly Node[]): void {
  const mixed = formatted(nodes)
  for (const node of nodes) {
    const { op, args } = node
    if (!Array.isArray(args) || mixed.has(node)) continue
    const parts = args as readonly unknown[]
    if (op === 'rcall') checkCall(parts[0], (parts[2] as readonly unknown[])[0])
    if (op === 'call') checkCall(parts[0], (parts[1] as readonly unknown[])[0])
    if (op === 'list') checkAlike(parts)
    if (op === 'map') {
      const entries = parts as readonly (readonly [unknown, unknown])[]
      checkAlike(entries.map(([key]) => key))
      checkAlike(entries.map(([, value]) => value))
    }
    if (op === 'rcall' && isNode(parts[1]) && parts[1].op === 'id' && parts[1].args === 'cel')
      throw new Error("undeclared reference to 'cel'")
  }
}
