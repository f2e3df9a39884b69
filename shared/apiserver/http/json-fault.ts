// Why a text is no JSON, in the words of the API server's decoder: clients and people compare them.

interface Scan {
  readonly text: string
  at: number
}

/** Thrown inside, caught inside: the sentence is the result. */
class Fault extends Error {}

const spaces = new Set([' ', '\t', '\r', '\n'])
const isDigit = (char: string | undefined) => char !== undefined && char >= '0' && char <= '9'

/** The fault of a text JSON.parse refuses; deeper than 1,000 levels nothing is looked at. */
export function jsonFault(text: string): string {
  const scan: Scan = { text, at: 0 }
  try {
    readValue(scan, 0)
    skipSpaces(scan)
    if (scan.at < text.length) throw unexpected(scan, 'after top-level value')
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
  return 'invalid JSON'
}

function unexpected({ text, at }: Scan, where: string): Fault {
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (at >= text.length) return new Fault('unexpected end of JSON input')
  const shown = char === "'" ? "'\\''" : char === '"' ? `'"'` : `'${escaped(char)}'`
  return new Fault(`invalid character ${shown} ${where}`)
}

function escaped(char: string): string {
  const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }
  if (short[char] !== undefined) return short[char]
  return char < ' ' ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char
}

function skipSpaces(scan: Scan): void {
  while (spaces.has(scan.text[scan.at] ?? '')) scan.at += 1
}

const maxDepth = 1_000

function readValue(scan: Scan, depth: number): void {
  if (depth > maxDepth) throw new Fault('exceeded max depth')
  skipSpaces(scan)
  const char = scan.text[scan.at]
  if (char === '{') readObject(scan, depth)
  else if (char === '[') readArray(scan, depth)
  else if (char === '"') readString(scan)
  else if (char === '-' || isDigit(char)) readNumber(scan)
  else if (char === 't') readLiteral(scan, 'true')
  else if (char === 'f') readLiteral(scan, 'false')
  else if (char === 'n') readLiteral(scan, 'null')
  else throw unexpected(scan, 'looking for beginning of value')
}

function readObject(scan: Scan, depth: number): void {
  scan.at += 1
  skipSpaces(scan)
  if (scan.text[scan.at] === '}') {
    scan.at += 1
    return
  }
  for (;;) {
    skipSpaces(scan)
    if (scan.text[scan.at] !== '"') throw unexpected(scan, 'looking for beginning of object key string')
    readString(scan)
    skipSpaces(scan)
    if (scan.text[scan.at] !== ':') throw unexpected(scan, 'after object key')
    scan.at += 1
    readValue(scan, depth + 1)
    if (closes(scan, '}', 'after object key:value pair')) return
  }
}

function readArray(scan: Scan, depth: number): void {
  scan.at += 1
  skipSpaces(scan)
  if (scan.text[scan.at] === ']') {
    scan.at += 1
    return
  }
  for (;;) {
    readValue(scan, depth + 1)
    if (closes(scan, ']', 'after array element')) return
  }
}

/** Past a comma (false) or the end of what is open (true). */
function closes(scan: Scan, end: string, where: string): boolean {
  skipSpaces(scan)
  const char = scan.text[scan.at]
  if (char !== ',' && char !== end) throw unexpected(scan, where)
  scan.at += 1
  return char === end
}

function readString(scan: Scan): void {
  scan.at += 1
  for (;;) {
    const char = scan.text[scan.at]
    if (char === undefined || char < ' ') throw unexpected(scan, 'in string literal')
    scan.at += 1
    if (char === '"') return
    if (char === '\\') readEscape(scan)
  }
}

function readEscape(scan: Scan): void {
  const char = scan.text[scan.at] ?? ''
  if (char === '' || !'bfnrt\\/"u'.includes(char)) throw unexpected(scan, 'in string escape code')
  scan.at += 1
  if (char !== 'u') return
  for (let digit = 0; digit < 4; digit += 1) {
    if (!/[0-9a-fA-F]/.test(scan.text[scan.at] ?? '')) throw unexpected(scan, 'in \\u hexadecimal character escape')
    scan.at += 1
  }
}

function readNumber(scan: Scan): void {
  if (scan.text[scan.at] === '-') scan.at += 1
  if (scan.text[scan.at] === '0') scan.at += 1
  else readDigits(scan, 'in numeric literal')
  if (scan.text[scan.at] === '.') {
    scan.at += 1
    readDigits(scan, 'after decimal point in numeric literal')
  }
  if (!/[eE]/.test(scan.text[scan.at] ?? '')) return
  scan.at += 1
  if (/[+-]/.test(scan.text[scan.at] ?? '')) scan.at += 1
  readDigits(scan, 'in exponent of numeric literal')
}

function readDigits(scan: Scan, where: string): void {
  if (!isDigit(scan.text[scan.at])) throw unexpected(scan, where)
  while (isDigit(scan.text[scan.at])) scan.at += 1
}

function readLiteral(scan: Scan, literal: string): void {
  for (const wanted of literal) {
    if (scan.text[scan.at] !== wanted) throw unexpected(scan, `in literal ${literal} (expecting '${wanted}')`)
    scan.at += 1
  }
}
