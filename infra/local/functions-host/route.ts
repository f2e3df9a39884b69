// Route templates as ASP.NET Core reads them, as far as functions use them: literals, {name}, {name:int}, {name?},
// {name=default}, {*rest} and {**rest}. Literal beats constrained beats parameter beats catch-all; case does not matter.
import { InvalidInputError } from '../../../shared/errors.ts'

const constraints: Readonly<Record<string, RegExp>> = {
  int: /^-?\d{1,10}$/,
  long: /^-?\d{1,19}$/,
  bool: /^(true|false)$/i,
  alpha: /^[a-z]*$/i,
  guid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly test: RegExp | undefined; readonly fallback?: string }
  | { readonly kind: 'rest'; readonly name: string }

export interface Route {
  readonly template: string
  readonly segments: readonly Segment[]
}

export type RouteParams = Readonly<Record<string, string>>

/** Throws InvalidInputError for a template this host cannot match as the cloud would. */
export function parseRoute(prefix: string, template: string): Route {
  const full = [prefix, template].filter((part) => part !== '').join('/')
  const segments = full.split('/').map((text) => parseSegment(full, text))
  const rest = segments.findIndex(({ kind }) => kind === 'rest')
  if (rest >= 0 && rest !== segments.length - 1) throw new InvalidInputError(`route ${full}: a catch-all comes last`)
  return { template: full, segments }
}

function parseSegment(template: string, text: string): Segment {
  const match = /^\{(\*{0,2})([A-Za-z_]\w*)(?::([a-z]+))?(\?|=[^{}]*)?\}$/.exec(text)
  if (!match) {
    if (/[{}*]/.test(text)) throw new InvalidInputError(`route ${template}: cannot read ${text}`)
    return { kind: 'literal', text: text.toLowerCase() }
  }
  const [, stars, name = '', constraint, optional] = match
  if (name === 'Headers' || name === 'Query') {
    throw new InvalidInputError(`route ${template}: a parameter cannot be called ${name}, the host uses that name`)
  }
  if (stars !== '') return { kind: 'rest', name }
  if (constraint !== undefined && !Object.hasOwn(constraints, constraint)) {
    const known = Object.keys(constraints).join(', ')
    throw new InvalidInputError(`route ${template}: constraint ${constraint} is not known here, only ${known}`)
  }
  const test = constraint === undefined ? undefined : constraints[constraint]
  const fallback = optional === undefined ? {} : { fallback: optional.slice(1) }
  return { kind: 'parameter', name, test, ...fallback }
}

/** The parameters when the path (without query) fits, decoded; a catch-all keeps its encoded slashes. */
export function matchRoute(route: Route, path: string): RouteParams | undefined {
  const parts = path.split('/').slice(1)
  if (parts.at(-1) === '' && parts.length > 1) parts.pop()
  const params: [string, string][] = []
  let at = 0
  for (const segment of route.segments) {
    if (segment.kind === 'rest') {
      params.push([segment.name, decode(parts.slice(at).join('/'), true)])
      return Object.fromEntries(params)
    }
    const value = segmentValue(segment, parts[at])
    if (value === undefined) return undefined
    if (segment.kind === 'parameter' && value !== '') params.push([segment.name, value])
    at += 1
  }
  return at >= parts.length ? Object.fromEntries(params) : undefined
}

function segmentValue(segment: Exclude<Segment, { kind: 'rest' }>, part: string | undefined): string | undefined {
  if (segment.kind === 'literal') return (part ?? '').toLowerCase() === segment.text ? segment.text : undefined
  if (part === undefined || part === '') return segment.fallback
  const value = decode(part, false)
  return segment.test && !segment.test.test(value) ? undefined : value
}

/** Broken percent signs stay as they are: the app sees what the client sent. */
function decode(text: string, keepSlashes: boolean): string {
  try {
    if (!keepSlashes) return decodeURIComponent(text)
    return text
      .split(/(%2f)/i)
      .map((part) => (/^%2f$/i.test(part) ? part : decodeURIComponent(part)))
      .join('')
  } catch {
    return text
  }
}

const ranks = { literal: 0, constrained: 1, parameter: 2, rest: 3 } as const

/** Sorts the more specific route first. */
export function bySpecificity(a: Route, b: Route): number {
  const length = Math.max(a.segments.length, b.segments.length)
  for (let at = 0; at < length; at += 1) {
    const difference = rank(a.segments[at]) - rank(b.segments[at])
    if (difference !== 0) return difference
  }
  return 0
}

function rank(segment: Segment | undefined): number {
  if (segment === undefined) return 4
  if (segment.kind === 'parameter' && segment.test) return ranks.constrained
  return ranks[segment.kind]
}
