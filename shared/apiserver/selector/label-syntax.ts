// Label and field selectors as `kubectl -l` and `--field-selector` write them. The list and watch handlers parse one per
// request and ask it about every object; nothing here reads more than the text and the labels.
// This file: what a label key and a label value may look like, in Kubernetes' own error texts.

const name = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const value = `(${name})?`
const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const nameShape = new RegExp(`^${name}$`)
const valueShape = new RegExp(`^${value}$`)
const subdomainShape = new RegExp(`^${subdomain}$`)
/** Longest name part of a key, and longest value. */
const maxNameLength = 63
const maxPrefixLength = 253

const nameComplaint = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${name}')`
const valueComplaint = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${value}')`
const prefixComplaint = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`
const tooLong = (limit: number) => `must be no more than ${limit} bytes`

function prefixComplaints(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  return [
    ...(prefix.length > maxPrefixLength ? [`prefix part ${tooLong(maxPrefixLength)}`] : []),
    ...(subdomainShape.test(prefix) ? [] : [`prefix part ${prefixComplaint}`]),
  ]
}

/** What is wrong with a label key (`[prefix/]name`); empty when nothing is. */
export function labelKeyComplaints(key: string): readonly string[] {
  const parts = key.split('/')
  if (parts.length > 2) {
    return [
      `a valid label key ${nameComplaint} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const [first = '', second] = parts
  const part = second ?? first
  return [
    ...(second === undefined ? [] : prefixComplaints(first)),
    ...(part === '' ? ['name part must be non-empty'] : []),
    ...(part.length > maxNameLength ? [`name part ${tooLong(maxNameLength)}`] : []),
    ...(nameShape.test(part) ? [] : [`name part ${nameComplaint}`]),
  ]
}

/** What is wrong with a label value; empty when nothing is. */
export function labelValueComplaints(text: string): readonly string[] {
  return [
    ...(text.length > maxNameLength ? [tooLong(maxNameLength)] : []),
    ...(valueShape.test(text) ? [] : [valueComplaint]),
  ]
}
