// Formats of strings that Kubernetes checks. A format that is not listed is documentation only.
import { isIPv4, isIPv6 } from './ip-address.ts'

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const uuid = (version: string, variant: string) =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i')
const uuidAny = uuid('[0-9a-f]', '[0-9a-f]')
const uuid3 = uuid('3', '[0-9a-f]')
const uuid4 = uuid('4', '[89ab]')
const uuid5 = uuid('5', '[89ab]')
const dateTimePattern =
  /^(\d{4}-\d{2}-\d{2})[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)?$/
const goDuration = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/
const wordDuration =
  /^\d+\s*(ns|nanos?|nanoseconds?|us|µs|micros?|microseconds?|ms|millis?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?)$/i
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** True for a day of the calendar, `2024-02-29`. */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const leap = month === 2 && (year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0)) ? 1 : 0
  return day >= 1 && day <= (monthDays[month - 1] ?? 0) + leap
}

/** RFC 3339, also without a zone. */
export function isDateTime(text: string): boolean {
  const match = dateTimePattern.exec(text)
  return match !== null && isDate(match[1] ?? '')
}

/** What Go parses (`1h30m`, `0`) and number words (`2 days`). */
export function isDuration(text: string): boolean {
  return /^[+-]?0$/.test(text) || goDuration.test(text) || wordDuration.test(text)
}

export function isCidr(text: string): boolean {
  const slash = text.indexOf('/')
  const bits = text.slice(slash + 1)
  if (slash < 0 || !/^\d{1,3}$/.test(bits) || (bits.length > 1 && bits.startsWith('0'))) return false
  const address = text.slice(0, slash)
  return isIPv4(address) ? Number(bits) <= 32 : isIPv6(address) && Number(bits) <= 128
}

const letter = 'a-zA-Z0-9\\p{S}\\p{L}'
/** A single label with a dash after its first letter at most, or labels that end with a word of letters. */
const hostname = new RegExp(
  `^(?:[${letter}](?:-?[${letter}]{0,62})?|(?:[${letter}](?:[${letter}-]{0,61}[${letter}])?\\.)+[a-zA-Z\\p{L}]{2,63})$`,
  'u',
)

function isHostname(text: string): boolean {
  return text.length <= 255 && hostname.test(text)
}

function isMac(text: string): boolean {
  const bytes = text.includes('.')
    ? text.split('.').flatMap((group) => group.match(/^(..)(..)$/)?.slice(1) ?? [''])
    : text.split(/[:-]/)
  const separators = new Set(text.match(/[:.-]/g))
  return (
    separators.size === 1 && [6, 8, 20].includes(bytes.length) && bytes.every((byte) => /^[0-9a-f]{2}$/i.test(byte))
  )
}

/** Go's ParseRequestURI: an absolute URI or an absolute path, without spaces. */
function isUri(text: string): boolean {
  if (text === '' || /[\s\p{Cc}]/u.test(text) || /%(?![0-9a-f]{2})/i.test(text)) return false
  return text.startsWith('/') || /^[a-z][a-z0-9+.-]*:.+/i.test(text)
}

function isBase64(text: string): boolean {
  const bare = text.replace(/[\r\n]/g, '')
  return bare !== '' && bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)
}

function isEmail(text: string): boolean {
  const address = /<([^<>]+)>\s*$/.exec(text)?.[1] ?? text
  return (
    /^[^\s@<>()[\]\\,;:"]+(\.[^\s@<>()[\]\\,;:"]+)*@[^\s@<>()[\]\\,;:"]+$/.test(address) &&
    !/\.\.|^\.|\.@/.test(address)
  )
}

function isIsbn10(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce(
    (total, digit, index) => total + (10 - index) * (digit === 'X' ? 10 : Number(digit)),
    0,
  )
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replace(/[\s-]/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3), 0) % 10 === 0
}

function isCreditCard(text: string): boolean {
  const digits = text.replace(/\D/g, '')
  if (
    !/^(4\d{12}(\d{3})?|5[1-5]\d{14}|6(011|5\d\d)\d{12}|3[47]\d{13}|3(0[0-5]|[68]\d)\d{11}|(2131|1800|35\d{3})\d{11})$/.test(
      digits,
    )
  )
    return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

const byte = '\\s*(25[0-5]|2[0-4]\\d|1?\\d?\\d)\\s*'
const rgb = new RegExp(`^rgb\\(${byte},${byte},${byte}\\)$`)

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  'date-time': isDateTime,
  datetime: isDateTime,
  date: isDate,
  duration: isDuration,
  uuid: (text) => uuidAny.test(text),
  uuid3: (text) => uuid3.test(text),
  uuid4: (text) => uuid4.test(text),
  uuid5: (text) => uuid5.test(text),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: isCidr,
  hostname: isHostname,
  mac: isMac,
  uri: isUri,
  byte: isBase64,
  email: isEmail,
  password: () => true,
  bsonobjectid: (text) => /^[0-9a-f]{24}$/i.test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: isCreditCard,
  ssn: (text) => /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hexcolor: (text) => /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.test(text),
  rgbcolor: (text) => rgb.test(text),
  'k8s-short-name': (text) => label.test(text),
  'k8s-long-name': (text) =>
    text.length <= 253 && text.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part)),
}

/** True for formats of texts that are checked, however their name is hyphenated. */
export function isCheckedFormat(format: string): boolean {
  return Object.hasOwn(checks, format) || Object.hasOwn(checks, format.replaceAll('-', ''))
}

/** False only when the format is one that is checked and the text breaks it. */
export function matchesFormat(format: string, text: string): boolean {
  const check = Object.hasOwn(checks, format) ? checks[format] : undefined
  return check === undefined || check(text)
}
