// URLs, IP addresses and CIDR ranges in CEL.
import type { Environment } from '@marcbachmann/cel-js'
import { formatIp, type IpAddress, parseIp } from '../ip-address.ts'
import type { Comparable } from './equality.ts'
import { register } from './lang.ts'

class Url implements Comparable {
  readonly text: string
  readonly parts: { scheme: string; host: string; path: string; query: string }
  constructor(text: string, parts: Url['parts']) {
    this.text = text
    this.parts = parts
  }
  equals(other: unknown): boolean {
    return other instanceof Url && other.text === this.text
  }
}

/** An absolute URI or an absolute path, as Go's ParseRequestURI accepts. */
function parseUrl(text: string): Url | undefined {
  if (text === '' || /[\s\p{Cc}]/u.test(text) || /%(?![0-9a-f]{2})/i.test(text)) return undefined
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/i.exec(text)
  if (!match) return undefined
  const [, scheme = '', host = '', path = '', query = ''] = match
  if (scheme === '' && !text.startsWith('/')) return undefined
  if (!/^(\[[0-9a-f:.]+\]|[^[\]:]*)(:\d*)?$/i.test(host)) return undefined
  return new Url(text, { scheme: scheme.toLowerCase(), host, path, query })
}

function url(text: string): Url {
  const parsed = parseUrl(text)
  if (parsed === undefined) throw new Error(`URL parse error during conversion from string: ${text}`)
  return parsed
}

function queryOf({ parts }: Url): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const [key, value] of new URLSearchParams(parts.query)) found.set(key, [...(found.get(key) ?? []), value])
  return found
}

class Ip implements Comparable {
  readonly address: IpAddress
  constructor(address: IpAddress) {
    this.address = address
  }
  equals(other: unknown): boolean {
    return (
      other instanceof Ip && other.address.family === this.address.family && other.address.bits === this.address.bits
    )
  }
  toString(): string {
    return formatIp(this.address)
  }
}

/** An IPv6 address that wraps an IPv4 one is refused, as Kubernetes refuses it. */
function readIp(text: string): Ip | undefined {
  const address = parseIp(text)
  if (address === undefined || (address.family === 6 && address.bits >> 32n === 0xffffn)) return undefined
  return new Ip(address)
}

function ip(text: string): Ip {
  const parsed = readIp(text)
  if (parsed === undefined) throw new Error(`IP Address '${text}' parse error during conversion from string`)
  return parsed
}

const width = ({ address }: Ip) => (address.family === 4 ? 32 : 128)

class Cidr implements Comparable {
  readonly ip: Ip
  readonly prefix: number
  constructor(ip: Ip, prefix: number) {
    this.ip = ip
    this.prefix = prefix
  }
  equals(other: unknown): boolean {
    return other instanceof Cidr && other.prefix === this.prefix && other.ip.equals(this.ip)
  }
  toString(): string {
    return `${this.ip}/${this.prefix}`
  }
}

function readCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text)
  const address = match ? readIp(match[1] ?? '') : undefined
  const prefix = Number(match?.[2])
  return address === undefined || prefix > width(address) ? undefined : new Cidr(address, prefix)
}

function cidr(text: string): Cidr {
  const parsed = readCidr(text)
  if (parsed === undefined) throw new Error(`network address parse error during conversion from string: ${text}`)
  return parsed
}

const networkBits = (address: Ip, prefix: number) => address.address.bits >> BigInt(width(address) - prefix)

function holds(range: Cidr, address: Ip): boolean {
  if (range.ip.address.family !== address.address.family) return false
  return networkBits(range.ip, range.prefix) === networkBits(address, range.prefix)
}

function masked({ ip: address, prefix }: Cidr): Cidr {
  const shift = BigInt(width(address) - prefix)
  return new Cidr(new Ip({ ...address.address, bits: (address.address.bits >> shift) << shift }), prefix)
}

const inRange = (four: string, six: string) => (address: Ip) =>
  holds(cidr(address.address.family === 4 ? four : six), address)
const isUnspecified = inRange('0.0.0.0/32', '::/128')
const isLoopback = inRange('127.0.0.0/8', '::1/128')
const isLinkLocalMulticast = inRange('224.0.0.0/24', 'ff02::/16')
const isLinkLocalUnicast = inRange('169.254.0.0/16', 'fe80::/10')
const isMulticast = inRange('224.0.0.0/4', 'ff00::/8')
const isBroadcast = (address: Ip) => address.address.family === 4 && address.address.bits === 0xffffffffn

function isGlobalUnicast(address: Ip): boolean {
  return ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((test) => test(address))
}

/** Carries the functions of `ip.`. */
class IpNamespace {}

export function registerNetwork(environment: Environment): void {
  environment.registerType('IpNamespace', IpNamespace)
  environment.registerConstant('ip', 'IpNamespace', new IpNamespace())
  for (const [name, ctor] of [
    ['URL', Url],
    ['IP', Ip],
    ['CIDR', Cidr],
  ] as const) {
    environment.registerType(name, { ctor, fields: {} })
    environment.registerOperator(`${name} == ${name}`, (a: Comparable, b: Comparable) => a.equals(b))
  }
  register(environment, {
    'isURL(string): bool': (text: string) => parseUrl(text) !== undefined,
    'url(string): URL': url,
    'URL.getScheme(): string': ({ parts }: Url) => parts.scheme,
    'URL.getHost(): string': ({ parts }: Url) => parts.host,
    'URL.getHostname(): string': ({ parts }: Url) => parts.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1'),
    'URL.getPort(): string': ({ parts }: Url) => /:(\d*)$/.exec(parts.host)?.[1] ?? '',
    'URL.getEscapedPath(): string': ({ parts }: Url) => parts.path,
    'URL.getQuery(): map<string, list<string>>': queryOf,
    'isIP(string): bool': (text: string) => readIp(text) !== undefined,
    'ip(string): IP': ip,
    'IpNamespace.isCanonical(string): bool': (_ip: unknown, text: string) => String(ip(text)) === text,
    'string(IP): string': String,
    'IP.family(): int': ({ address }: Ip) => BigInt(address.family),
    'IP.isUnspecified(): bool': isUnspecified,
    'IP.isLoopback(): bool': isLoopback,
    'IP.isLinkLocalMulticast(): bool': isLinkLocalMulticast,
    'IP.isLinkLocalUnicast(): bool': isLinkLocalUnicast,
    'IP.isGlobalUnicast(): bool': isGlobalUnicast,
    'isCIDR(string): bool': (text: string) => readCidr(text) !== undefined,
    'cidr(string): CIDR': cidr,
    'string(CIDR): string': String,
    'CIDR.ip(): IP': (range: Cidr) => range.ip,
    'CIDR.prefixLength(): int': (range: Cidr) => BigInt(range.prefix),
    'CIDR.masked(): CIDR': masked,
    'CIDR.containsIP(IP): bool': holds,
    'CIDR.containsIP(string): bool': (range: Cidr, text: string) => holds(range, ip(text)),
    'CIDR.containsCIDR(CIDR): bool': (range: Cidr, other: Cidr) =>
      other.prefix >= range.prefix && holds(range, other.ip),
    'CIDR.containsCIDR(string): bool': (range: Cidr, text: string) => {
      const other = cidr(text)
      return other.prefix >= range.prefix && holds(range, other.ip)
    },
  })
}
