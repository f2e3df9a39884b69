// Paths to a field below another, `.a.b['c-d']`, as rules and selectable fields write them.
import type { Schema } from '../schema.ts'

/** A path that was followed: its parts as they are appended to a field's own path, `.a` or `[key]`, and where they lead. */
interface Followed {
  readonly problem?: undefined
  readonly parts: readonly string[]
  readonly schema: Schema
}

const delimiters = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|'/gs

/** Reads a path along a schema. `dots` allows no quoted names. The problem is in a real server's words. */
export function readFieldPath(
  schema: Schema,
  path: string,
  notation: 'any' | 'dots' = 'any',
): Followed | { readonly problem: string } {
  const tokens = path.match(delimiters) ?? []
  const parts: string[] = []
  let here = schema
  for (let at = 0; at < tokens.length; ) {
    const token = tokens[at]
    const step = token === '.' ? dotStep(tokens, at) : token === '[' ? quotedStep(tokens, at, notation) : undefined
    if (step === undefined) return { problem: `expected [ or . but got: ${token}` }
    if ('problem' in step) return step
    const next = follow(here, step.name)
    if (next === undefined) return { problem: 'does not refer to a valid field' }
    parts.push(next.part)
    here = next.schema
    at = step.next
  }
  return { parts, schema: here }
}

type Step = { readonly name: string; readonly next: number } | { readonly problem: string }

const endOfPath = { problem: 'unexpected end of JSON path' }

function dotStep(tokens: readonly string[], at: number): Step {
  const name = tokens[at + 1]
  return name === undefined ? endOfPath : { name, next: at + 2 }
}

function quotedStep(tokens: readonly string[], at: number, notation: 'any' | 'dots'): Step {
  if (notation === 'dots') return { problem: 'array notation is not allowed' }
  const [quoted, close] = [tokens[at + 1], tokens[at + 2]]
  if (quoted === undefined) return endOfPath
  if (!/^'.*'$/s.test(quoted)) return { problem: `expected single quoted string but got ${quoted}` }
  if (close === undefined) return endOfPath
  if (close !== ']') return { problem: `expected ] but got ${close}` }
  return { name: quoted.slice(1, -1).replace(/\\(.)/g, '$1'), next: at + 3 }
}

function follow({ properties, additionalProperties }: Schema, name: string) {
  if (properties !== undefined) {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined
    return schema && { schema, part: `.${name}` }
  }
  return typeof additionalProperties === 'object' ? { schema: additionalProperties, part: `[${name}]` } : undefined
}
