// IP addresses as numbers: parsing, kinds of address and prefixes.

export interface IpAddress {
  readonly family: 4 | 6
  /** 32 or 128 bits. */
  readonly bits: bigint
}

function parseIPv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let bits = 0n
  for (const part of parts) {
    // A leading zero is refused: some parsers would read it as octal.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bits = (bits << 8n) | BigInt(part)
  }
  return bits
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}

/** An IPv4 tail (`::ffff:10.0.0.1`) written as two groups. */
function withoutTail(text: string): string | undefined {
  if (!text.includes('.')) return text
  const colon = text.lastIndexOf(':')
  const tail = parseIPv4(text.slice(colon + 1))
  if (tail === undefined || colon < 0) return undefined
  return `${text.slice(0, colon + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`
}

function parseIPv6(raw: string): bigint | undefined {
  const text = withoutTail(raw)
  if (text === undefined || !/^[0-9a-f:]+$/i.test(text)) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '')
  const tail = groupsOf(halves[1] ?? '')
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

/** Undefined when the text is no address. Zones (`fe80::1%eth0`) are refused. */
export function parseIp(text: string): IpAddress | undefined {
  const four = parseIPv4(text)
  if (four !== undefined) return { family: 4, bits: four }
  const six = text.includes(':') ? parseIPv6(text) : undefined
  return six === undefined ? undefined : { family: 6, bits: six }
}

export const isIP = (text: string): boolean => parseIp(text) !== undefined
export const isIPv4 = (text: string): boolean => parseIPv4(text) !== undefined
export const isIPv6 = (text: string): boolean => parseIp(text)?.family === 6

/** The shortest usual spelling (RFC 5952). */
export function formatIp({ family, bits }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.')
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - index * 16)) & 0xffffn).toString(16))
  const run = longestZeroRun(groups)
  if (run.length < 2) return groups.join(':')
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, group] of groups.entries()) {
    if (group !== '0') start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}
