// Golden vectors: recorded inputs and outcomes of the upstream project, replayed against our pure domain. A family of
// vectors is one replayer file here and one line in registry.ts; `npm run vectors -- FILE...` replays files by hand.

/** One line of a vector file. `test` names the upstream table; scheduling cycles and other whole-run vectors have none. */
export interface Vector {
  readonly case: string
  readonly test?: string
  readonly pkg?: string
  readonly input?: Readonly<Record<string, unknown>>
  readonly want: unknown
  readonly [key: string]: unknown
}

/** A field whose outcome is not the recorded one. `field` is a path such as `bindings.0.spec.state`. */
export interface Difference {
  readonly field: string
  readonly wanted: unknown
  readonly got: unknown
}

export interface Replayer {
  /** Whether this replayer knows how to replay the line; the first that matches runs. `fileName` is without folder. */
  matches(fileName: string, line: Vector): boolean
  /** Every difference; an empty list means the line passed. An exception is reported as a difference of its own. */
  run(line: Vector): Difference[]
}

/** A vector that is not replayed, with the reason. Without `case` the whole upstream test is meant. */
export interface Exception {
  /** Vector file name without extension. Files whose name starts with it are meant too. */
  readonly file: string
  readonly test?: string
  readonly case?: string
  readonly reason: string
}

/** The usual replayer: the upstream tests of one file family, by test name. */
export function replayTests(
  filePrefix: string,
  tests: Readonly<Record<string, (input: Input, line: Vector) => Difference[]>>,
): Replayer {
  const known = new Map(Object.entries(tests))
  return {
    matches: (fileName, line) => fileName.startsWith(filePrefix) && line.test !== undefined && known.has(line.test),
    run: (line) => {
      const replay = known.get(line.test ?? '')
      if (!replay) return [{ field: 'test', wanted: line.test, got: 'no replayer' }]
      return replay(inputOf(line), line)
    },
  }
}

/** The instant `{"secondsFromNow": 0}` stands for: replays run with a frozen clock. */
export const vectorNow = Date.parse('2026-01-02T03:04:05Z')

/** Input of a vector with times filled in and nulls dropped: an absent list or map reads as empty. */
export type Input = Readonly<Record<string, unknown>>

export function inputOf(line: Vector): Input {
  return plain(line.input ?? {}) as Input
}

/** The wanted outcome, written like the input. */
export function wantOf<T>(line: Vector): T {
  return plain(line.want) as T
}

/** Replaces `{"secondsFromNow": n}` by a time text and drops null members, deeply. Nulls inside lists stay. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const seconds = (value as Record<string, unknown>)['secondsFromNow']
  if (typeof seconds === 'number') return new Date(vectorNow + seconds * 1000).toISOString().replace('.000Z', 'Z')
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, plain(member)]),
  )
}

/**
 * Deep comparison of a wanted value with what came out. A member that is absent, null, `''`, `0`, `false`, an empty list
 * or an empty map counts as its zero value on the other side, as in the recorded form. `{"$notCompared": true}` matches all.
 */
export function compare(wanted: unknown, got: unknown, field = ''): Difference[] {
  if (isZero(wanted) && isZero(got)) return []
  if (Array.isArray(wanted) && Array.isArray(got)) return compareLists(wanted, got, field)
  if (isMap(wanted) && isMap(got)) return compareMaps(wanted, got, field)
  return Object.is(wanted, got) ? [] : [{ field: field || '(result)', wanted, got }]
}

/** Like `compare`, for lists whose order carries no meaning: both are sorted by their JSON text, or by `key`. */
export function compareUnordered<T>(
  wanted: readonly T[] | undefined | null,
  got: readonly T[] | undefined | null,
  field = '',
  key: (item: T) => string = (item) => stableText(item),
): Difference[] {
  const sorted = (list: readonly T[] | undefined | null) =>
    [...(list ?? [])].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  return compare(sorted(wanted), sorted(got), field)
}

/** JSON text with sorted member names, so that equal values have equal texts. */
export function stableText(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isMap(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  )
}

function compareLists(wanted: readonly unknown[], got: readonly unknown[], field: string): Difference[] {
  const length =
    wanted.length === got.length ? [] : [{ field: `${field}.length`, wanted: wanted.length, got: got.length }]
  return [...length, ...wanted.flatMap((item, index) => compare(item, got[index], join(field, String(index))))]
}

function compareMaps(wanted: Readonly<Record<string, unknown>>, got: Readonly<Record<string, unknown>>, field: string) {
  if (wanted['$notCompared'] === true) return []
  const keys = new Set([...Object.keys(wanted), ...Object.keys(got)])
  return [...keys].flatMap((key) => compare(wanted[key], got[key], join(field, key)))
}

function join(field: string, part: string): string {
  return field === '' ? part : `${field}.${part}`
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isZero(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  return isMap(value) && Object.values(value).every(isZero)
}
