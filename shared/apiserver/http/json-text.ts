// What JSON.parse does not tell about a text: how deep it nests and which fields it names twice.

export interface JsonFindings {
  readonly depth: number
  /** Paths of fields given more than once, e.g. `spec.replicas`; at most `maxDuplicates`. */
  readonly duplicates: readonly string[]
}

interface Frame {
  readonly path: string
  /** Keys seen, for objects; undefined for arrays. */
  readonly keys: Set<string> | undefined
  index: number
  key: string | undefined
}

const maxDuplicates = 100

/** Deeper texts are refused anyway: their end need not be seen. */
const deepest = 1_000

interface Scan {
  readonly stack: Frame[]
  readonly duplicates: string[]
  depth: number
}

/** Scans a text that JSON.parse accepts, at most down to 1,000 levels. Linear in its length. */
export function inspectJson(text: string): JsonFindings {
  const scan: Scan = { stack: [], duplicates: [], depth: 0 }
  let at = 0
  while (at < text.length && scan.depth <= deepest) {
    if (text[at] === '"') {
      const end = stringEnd(text, at)
      noteString(scan, text, at, end)
      at = end
    } else {
      noteMark(scan, text[at])
      at += 1
    }
  }
  return { depth: scan.depth, duplicates: scan.duplicates }
}

function noteString({ stack, duplicates }: Scan, text: string, start: number, end: number): void {
  const top = stack.at(-1)
  if (top?.keys && top.key === undefined) noteKey(top, text.slice(start, end), duplicates)
}

function noteMark(scan: Scan, char: string | undefined): void {
  const top = scan.stack.at(-1)
  switch (char) {
    case '{':
    case '[':
      scan.stack.push({ path: childPath(top), keys: char === '{' ? new Set() : undefined, index: 0, key: undefined })
      scan.depth = Math.max(scan.depth, scan.stack.length)
      break
    case '}':
    case ']':
      scan.stack.pop()
      break
    case ',':
      if (top) nextItem(top)
  }
}

function nextItem(frame: Frame): void {
  frame.key = undefined
  frame.index += 1
}

function noteKey(frame: Frame, quoted: string, duplicates: string[]): void {
  const key = JSON.parse(quoted) as string
  frame.key = key
  if (frame.keys?.has(key) && duplicates.length < maxDuplicates) duplicates.push(join(frame.path, key))
  frame.keys?.add(key)
}

function childPath(parent: Frame | undefined): string {
  if (!parent) return ''
  return parent.keys ? join(parent.path, parent.key ?? '') : `${parent.path}[${parent.index}]`
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
