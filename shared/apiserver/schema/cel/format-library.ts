// Named formats of texts in CEL: `format.dns1123Label().validate(text)` gives complaints, or nothing.
import { type Environment, Optional } from '@marcbachmann/cel-js'
import { isDate, isDateTime, matchesFormat } from '../formats.ts'
import type { Comparable } from './equality.ts'
import { register } from './lang.ts'

type Check = (text: string) => readonly string[]

class Format implements Comparable {
  readonly name: string
  readonly check: Check
  constructor(name: string, check: Check) {
    this.name = name
    this.check = check
  }
  equals(other: unknown): boolean {
    return other instanceof Format && other.name === this.name
  }
}

interface NameRule {
  readonly pattern: RegExp
  readonly longest: number
  readonly complaint: string
}

const label: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  longest: 63,
  complaint:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
}
const subdomain: NameRule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  longest: 253,
  complaint:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
}
const label1035: NameRule = {
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  longest: 63,
  complaint:
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
}
const labelValue: NameRule = {
  pattern: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
  longest: 63,
  complaint:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
}

const held =
  ({ pattern, longest, complaint }: NameRule): Check =>
  (text) => [
    ...(Buffer.byteLength(text) > longest ? [`must be no more than ${longest} bytes`] : []),
    ...(pattern.test(text) ? [] : [complaint]),
  ]

/** The start of a generated name: its last character may be a dash, more will follow. */
const prefix =
  (rule: NameRule): Check =>
  (text) =>
    held(rule)(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -1)}a` : text)

function qualifiedName(text: string): readonly string[] {
  const parts = text.split('/')
  const [domain, name] = parts.length === 2 ? parts : [undefined, text]
  const rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
  if (parts.length > 2 || name === undefined) return [rule]
  const domainFaults = domain === undefined ? [] : held(subdomain)(domain)
  return [
    ...domainFaults.map((fault) => `prefix part ${fault}`),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) ? [] : [rule]),
  ]
}

const tested =
  (holds: (text: string) => boolean, complaint: string): Check =>
  (text) =>
    holds(text) ? [] : [complaint]

const checks: Readonly<Record<string, Check>> = {
  dns1123Label: held(label),
  dns1123Subdomain: held(subdomain),
  dns1035Label: held(label1035),
  dns1123LabelPrefix: prefix(label),
  dns1123SubdomainPrefix: prefix(subdomain),
  dns1035LabelPrefix: prefix(label1035),
  qualifiedName,
  labelValue: held(labelValue),
  uri: (text) => (matchesFormat('uri', text) ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`]),
  uuid: tested((text) => matchesFormat('uuid', text), 'does not match the UUID format'),
  byte: tested((text) => matchesFormat('byte', text), 'invalid base64'),
  date: tested(isDate, 'invalid date'),
  datetime: tested(isDateTime, 'invalid datetime'),
}

const formats = new Map(Object.entries(checks).map(([name, check]) => [name, new Format(name, check)]))

/** Carries the functions of `format.`. */
class FormatNamespace {}

export function registerFormats(environment: Environment): void {
  environment.registerType('Format', { ctor: Format, fields: {} })
  environment.registerOperator('Format == Format', (a: Format, b: Format) => a.equals(b))
  environment.registerType('FormatNamespace', FormatNamespace)
  environment.registerConstant('format', 'FormatNamespace', new FormatNamespace())
  const named = (name: string) => formats.get(name)
  register(environment, {
    'FormatNamespace.named(string): optional<Format>': (_format: unknown, name: string) => Optional.of(named(name)),
    'Format.validate(string): optional<list<string>>': ({ check }: Format, text: string) => {
      const faults = check(text)
      return faults.length === 0 ? Optional.none() : Optional.of([...faults])
    },
    ...Object.fromEntries([...formats].map(([name, format]) => [`FormatNamespace.${name}(): Format`, () => format])),
  })
}
