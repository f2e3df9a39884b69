// The syntax of Kubernetes names, label keys and label values.

const labelPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const label = new RegExp(`^${labelPattern}$`)
const part = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/** What is wrong with a DNS-1123 subdomain (at most 253 characters), or undefined. */
export function subdomainProblem(text: string): string | undefined {
  if (text.length > 253) return 'must be no more than 253 characters'
  return text.split('.').every((piece) => label.test(piece))
    ? undefined
    : `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${labelPattern}(\\.${labelPattern})*')`
}

/** What is wrong with a DNS-1123 label (at most 63 characters), or undefined. */
export function dnsLabelProblem(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters'
  return label.test(text)
    ? undefined
    : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
}

/** What is wrong with a qualified name, `[subdomain/]name`, as used for label and taint keys; or undefined. */
export function qualifiedNameProblem(text: string): string | undefined {
  const pieces = text.split('/')
  if (pieces.length > 2)
    return 'a qualified name must consist of alphanumeric characters and at most one prefix before a "/"'
  const [first = '', second] = pieces
  if (second !== undefined) {
    const problem = first === '' ? 'must be non-empty' : subdomainProblem(first)
    if (problem) return `prefix part ${problem}`
  }
  const name = second ?? first
  if (name === '') return 'name part must be non-empty'
  if (name.length > 63) return 'name part must be no more than 63 characters'
  return part.test(name)
    ? undefined
    : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
}

/** What is wrong with a label value, or undefined. The empty value is fine. */
export function labelValueProblem(text: string): string | undefined {
  if (text.length > 63) return 'must be no more than 63 characters'
  return text === '' || part.test(text)
    ? undefined
    : "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
}

/** Order of texts by code unit, as Kubernetes orders names; locale order would differ. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
