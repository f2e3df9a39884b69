// What two servers may not agree on is replaced by what they must agree on: the same uid becomes the same placeholder,
// versions of one resource become their rank, times of today become <time>.
import type { Answer, Transcript } from './play.ts'

type Rewrite = (text: string) => string

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const moment = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
const token = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g
const address = /127\.0\.0\.1:\d+/g
/** Where in etcd an object lies. */
const storage = /StorageError: invalid object, Code: \d+, Key: [^,]*, ResourceVersion: \d+, AdditionalErrorMsg: /g
/** Where in Go's sources a type was looked for. */
const scheme = / in scheme "[^"]*"/g
const weekMs = 7 * 24 * 3_600_000
const generatedSuffix = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/
const elapsed = /^\d+(ms|s)$/

/** The answers in terms both servers share. `source` is the script: times and uids it wrote itself stay. */
export function normalised({ answers, variables }: Transcript, source: string, now: number): readonly Answer[] {
  const ranks = versionRanks(answers)
  const rewrites = [
    uids(source),
    times(now),
    (text: string) => text.replace(token, '<token>').replace(address, '<server>').replace(scheme, ''),
    withoutEchoes,
    (text: string) => text.replace(storage, ''),
    generatedNames(answers),
    names(variables),
  ]
  return answers.map(({ resource, headers, body, ...answer }) => {
    const inVersions = messageVersions(ranks.get(resource) ?? new Map(), source)
    const text: Rewrite = (value) => [...rewrites, inVersions].reduce((out, rewrite) => rewrite(out), value)
    const context = { text, ranks: ranks.get(resource) ?? new Map<string, string>() }
    return {
      ...answer,
      resource,
      headers: walk(headers, context) as Answer['headers'],
      body: walk(body, context),
    }
  })
}

interface Context {
  readonly text: Rewrite
  readonly ranks: ReadonlyMap<string, string>
}

function walk(value: unknown, context: Context): unknown {
  if (typeof value === 'string') return context.text(value)
  if (Array.isArray(value)) return value.map((item) => walk(item, context))
  if (!isFields(value)) return value
  const whole = isTable(value) ? withoutAges(value) : value
  // In one order, so that placeholders are given out alike whatever order a server writes fields in.
  const ordered = Object.entries(whole).sort(([a], [b]) => (a < b ? -1 : 1))
  const fields = ordered.map(([key, field]) => [context.text(key), walk(field, context)] as const)
  const out: Record<string, unknown> = Object.fromEntries(fields)
  if (isFields(value['metadata'])) out['metadata'] = metadata(value, value['metadata'], out['metadata'], context)
  return out
}

/** A list's version tells when it was read; an object's which state of it this is. */
function metadata(owner: Fields, raw: Fields, walked: unknown, { ranks }: Context): unknown {
  const out = { ...(walked as Fields) }
  const version = raw['resourceVersion']
  if (typeof version === 'string' && version !== '')
    out['resourceVersion'] = listVersion(owner, version) ?? ranks.get(version) ?? version
  if (Array.isArray(raw['managedFields'])) out['managedFields'] = byManager(out['managedFields'])
  if (isListLike(owner) && typeof raw['continue'] === 'string' && raw['continue'] !== '') out['continue'] = '<continue>'
  return out
}

function listVersion(owner: Fields, version: string): string | undefined {
  if (isBookmark(owner)) return '<bookmark version>'
  if (!isListLike(owner)) return undefined
  if (!/^[1-9]\d*$/.test(version)) return version
  const older = itemsOf(owner).some((item) => Number(versionOf(item) ?? 0) > Number(version))
  return older ? '<list version below its items>' : '<list version>'
}

/** Entries of one second have no order of their own. */
function byManager(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries
  const key = (entry: unknown) =>
    isFields(entry)
      ? ['operation', 'manager', 'subresource', 'apiVersion'].map((field) => entry[field] ?? '').join(' ')
      : ''
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

type Fields = Record<string, unknown>
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isTable = (value: Fields) => value['kind'] === 'Table'
const isListLike = (value: Fields) => Array.isArray(value['items']) || isTable(value)
const itemsOf = (list: Fields): unknown[] => {
  const items = list['items'] ?? list['rows']
  return Array.isArray(items) ? items.map((item) => (isTable(list) && isFields(item) ? item['object'] : item)) : []
}
const versionOf = (item: unknown): string | undefined => {
  const version = isFields(item) && isFields(item['metadata']) ? item['metadata']['resourceVersion'] : undefined
  return typeof version === 'string' && /^[1-9]\d*$/.test(version) ? version : undefined
}
/** What a bookmark carries has a version and no name. */
const isBookmark = (value: Fields) =>
  isFields(value['metadata']) &&
  value['metadata']['name'] === undefined &&
  value['metadata']['generateName'] === undefined

function withoutAges(table: Fields): Fields {
  const rows = Array.isArray(table['rows']) ? table['rows'] : []
  return {
    ...table,
    rows: rows.map((row: unknown) =>
      isFields(row) && Array.isArray(row['cells'])
        ? { ...row, cells: row['cells'].map((cell: unknown) => (elapsed.test(String(cell)) ? '<age>' : cell)) }
        : row,
    ),
  }
}

/** For each resource the versions its objects showed, in order: their ranks say which are equal and which came later. */
function versionRanks(answers: readonly Answer[]): Map<string, Map<string, string>> {
  const seen = new Map<string, Set<string>>()
  for (const { resource, body } of answers) {
    const versions = seen.get(resource) ?? new Set<string>()
    collectVersions(body, versions)
    seen.set(resource, versions)
  }
  return new Map(
    [...seen].map(([resource, versions]) => {
      const ordered = [...versions].sort((a, b) => Number(a) - Number(b))
      return [resource, new Map(ordered.map((version, index) => [version, `<version ${index + 1}>`]))]
    }),
  )
}

function collectVersions(value: unknown, into: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectVersions(item, into)
  if (!isFields(value)) return
  const version = versionOf(value)
  if (version !== undefined && !isListLike(value) && !isBookmark(value)) into.add(version)
  for (const field of Object.values(value)) collectVersions(field, into)
}

/** Versions inside sentences: known ones by rank, others (the newest of the whole server) as such; the script's own stay. */
function messageVersions(ranks: ReadonlyMap<string, string>, source: string): Rewrite {
  return (text) =>
    /resource ?version/i.test(text)
      ? text.replace(/\b\d+\b/g, (digits) =>
          source.includes(digits) ? digits : (ranks.get(digits) ?? '<some version>'),
        )
      : text
}

/** Objects quoted in messages are shown as the server's language prints them: only that one was shown is compared. */
function withoutEchoes(text: string): string {
  return withoutObjects(text.replace(/(Invalid value: )"(?:\{|map\[)(?:[^"\\]|\\.)*"/g, '$1<object>'))
}

/** Braces of an object printed bare are matched, so that what follows stays. */
function withoutObjects(text: string): string {
  const start = text.indexOf('Invalid value: {')
  if (start < 0) return text
  const open = start + 'Invalid value: '.length
  let depth = 0
  let end = open
  for (; end < text.length; end += 1) {
    if (text[end] === '{') depth += 1
    if (text[end] === '}') depth -= 1
    if (depth === 0) break
  }
  return `${text.slice(0, open)}<object>${withoutObjects(text.slice(end + 1))}`
}

function uids(source: string): Rewrite {
  const known = new Map<string, string>()
  return (text) =>
    text.replace(uuid, (uid) => {
      if (source.includes(uid)) return uid
      const name = known.get(uid) ?? `<uid ${known.size + 1}>`
      known.set(uid, name)
      return name
    })
}

function times(now: number): Rewrite {
  return (text) =>
    text.replace(moment, (time, fraction?: string) => {
      if (Math.abs(Date.parse(time) - now) > weekMs) return time
      return fraction === undefined ? '<time>' : `<time with ${fraction.length - 1} decimals>`
    })
}

/** Random endings of names, which messages repeat. */
function generatedNames(answers: readonly Answer[]): Rewrite {
  const found = new Map<string, string>()
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look)
    if (!isFields(value)) return
    const { name, generateName: prefix } = value
    if (typeof name === 'string' && typeof prefix === 'string' && prefix !== '' && generatedSuffix.test(name.slice(-5)))
      if (!found.has(name)) found.set(name, `${name.slice(0, -5)}<generated ${found.size + 1}>`)
    Object.values(value).forEach(look)
  }
  for (const { body } of answers) look(body)
  return (text) => [...found].reduce((out, [name, placeholder]) => out.replaceAll(name, placeholder), text)
}

function names({ ns = '', id = '' }: Transcript['variables']): Rewrite {
  return (text) => text.replaceAll(ns, '{ns}').replaceAll(id, '{id}')
}
