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

/** Scans a text that JSON.parse accepts. Linear in its length. */
export function inspectJson(text: string): JsonFindings {
  const stack: Frame[] = []
  const duplicates: string[] = []
  let depth = 0
  let at = 0
  while (at < text.length) {
    const char = text[at]
    const top = stack.at(-1)
    if (char === '"') {
      const end = stringEnd(text, at)
      if (top?.keys && top.key === undefined) noteKey(top, text.slice(at, end), duplicates)
      at = end
      continue
    }
    if (char === '{' || char === '[') {
      stack.push({ path: childPath(top), keys: char === '{' ? new Set() : undefined, index: 0, key: undefined })
      depth = Math.max(depth, stack.length)
    } else if (char === '}' || char === ']') stack.pop()
    else if (char === ',' && top) nextItem(top)
    at += 1
  }
  return { depth, duplicates }
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
