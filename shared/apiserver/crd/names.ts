// The names a CustomResourceDefinition takes, their rules, and who has them already.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt } from '../builtin/edit.ts'
import { invalid, required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'

const label1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const label1035Text =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

/** A DNS label that starts with a letter, at most 63 characters. `shown` is the value as the user wrote it, `how` what precedes the rule. */
export function checkLabel(field: string, value: string, shown = value, how = ''): FieldError[] {
  const faults = [
    ...(value.length > 63 ? ['must be no more than 63 characters'] : []),
    ...(label1035.test(value) ? [] : [label1035Text]),
  ]
  return faults.length === 0 ? [] : [invalid(field, shown, `${how}${faults.join(',')}`)]
}

function checkSubdomain(field: string, value: string): FieldError[] {
  if (value.length > 253) return [invalid(field, value, 'must be no more than 253 bytes')]
  return subdomain.test(value) ? [] : [invalid(field, value, subdomainText)]
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : ''
}

function textList(value: unknown, ...path: readonly string[]): readonly string[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : []
}

/** Complaints about `spec.group`. */
export function checkGroup(crd: JsonObject): FieldError[] {
  const group = textAt(crd, 'spec', 'group')
  if (group === '') return [required('spec.group')]
  const faults = checkSubdomain('spec.group', group)
  if (faults.length > 0 || group.includes('.')) return faults
  return [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

const approval = 'api-approved.kubernetes.io'
const approvalField = `metadata.annotations[${approval}]`
const approvalHelp = 'see https://github.com/kubernetes/enhancements/pull/1111'

/** Groups of the Kubernetes project need a link to the review that approved them, or the word "unapproved". */
export function checkApproval(crd: JsonObject): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(textAt(crd, 'spec', 'group'))) return []
  const found = textAt(crd, 'metadata', 'annotations', approval)
  if (found === '') {
    return [required(approvalField, `protected groups must have approval annotation "${approval}", ${approvalHelp}`)]
  }
  if (found.startsWith('unapproved') || /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i.test(found)) return []
  return [
    invalid(
      approvalField,
      found,
      `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", ${approvalHelp}`,
    ),
  ]
}

/** Kinds are CamelCase but must be labels when lowered. */
const kindFields = ['kind', 'listKind'] as const

/** Complaints about the object's own name, which follows from others. */
export function checkName(crd: JsonObject): FieldError[] {
  const name = textAt(crd, 'metadata', 'name')
  const expected = `${textAt(crd, 'spec', 'names', 'plural')}.${textAt(crd, 'spec', 'group')}`
  return name === expected ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')]
}

/** Complaints about `spec.names`. */
export function checkNames(crd: JsonObject): FieldError[] {
  const names = objectAt(crd, 'spec', 'names')
  const at = (field: string) => `spec.names.${field}`
  const given = (field: string) => textAt(names, field) !== ''
  const labels = (field: string) =>
    textList(names, field).flatMap((value, index) => checkLabel(`${at(field)}[${index}]`, value))
  return [
    ...['plural', 'singular', 'kind', 'listKind'].filter((field) => !given(field)).map((field) => required(at(field))),
    ...['plural', 'singular'].filter(given).flatMap((field) => checkLabel(at(field), textAt(names, field))),
    ...kindFields.filter(given).flatMap((field) => {
      const value = textAt(names, field)
      return checkLabel(at(field), value.toLowerCase(), value, 'may have mixed case, but should otherwise match: ')
    }),
    ...labels('shortNames'),
    ...(given('kind') && textAt(names, 'kind') === textAt(names, 'listKind')
      ? [invalid(at('listKind'), textAt(names, 'listKind'), 'kind and listKind may not be the same')]
      : []),
    ...labels('categories'),
  ]
}

/** A name that another definition of the same group was given first. */
export interface NameConflict {
  readonly reason: string
  readonly message: string
}

interface Taken {
  readonly resources: ReadonlySet<string>
  readonly kinds: ReadonlySet<string>
}

function takenNames(crd: JsonObject, others: readonly JsonObject[]): Taken {
  const group = textAt(crd, 'spec', 'group')
  const same = others.filter(
    (other) =>
      textAt(other, 'spec', 'group') === group && textAt(other, 'metadata', 'name') !== textAt(crd, 'metadata', 'name'),
  )
  const accepted = same.map((other) => objectAt(other, 'status', 'acceptedNames'))
  const resources = accepted.flatMap((names) => [
    textAt(names, 'plural'),
    textAt(names, 'singular'),
    ...textList(names, 'shortNames'),
  ])
  const kinds = accepted.flatMap((names) => [textAt(names, 'kind'), textAt(names, 'listKind')])
  return { resources: new Set(resources.filter(Boolean)), kinds: new Set(kinds.filter(Boolean)) }
}

/** Conflicts of the wanted names, and the names that can be given. */
export function acceptNames(
  crd: JsonObject,
  others: readonly JsonObject[],
): { readonly accepted: JsonObject; readonly conflict: NameConflict | undefined } {
  const names = objectAt(crd, 'spec', 'names')
  const before = objectAt(crd, 'status', 'acceptedNames')
  const taken = takenNames(crd, others)
  const conflicts: NameConflict[] = []
  const single = (field: string, reason: string, set: ReadonlySet<string>) => {
    const wanted = textAt(names, field)
    if (!set.has(wanted)) return wanted === '' ? undefined : wanted
    conflicts.push({ reason, message: `${JSON.stringify(wanted)} is already in use` })
    return textAt(before, field) || undefined
  }
  const accepted = {
    plural: single('plural', 'PluralConflict', taken.resources) ?? '',
    singular: single('singular', 'SingularConflict', taken.resources),
    shortNames: textList(names, 'shortNames').filter((name) => !taken.resources.has(name)),
    kind: single('kind', 'KindConflict', taken.kinds) ?? '',
    listKind: single('listKind', 'ListKindConflict', taken.kinds),
    categories: textList(names, 'categories'),
  }
  const refused = textList(names, 'shortNames').filter((name) => taken.resources.has(name))
  for (const name of refused)
    conflicts.push({ reason: 'ShortNamesConflict', message: `${JSON.stringify(name)} is already in use` })
  // Plural and kind are told even where they were not given.
  const always = ['plural', 'kind']
  const kept = Object.entries(accepted).filter(
    ([field, value]) => always.includes(field) || (value !== undefined && value.length > 0),
  )
  return { accepted: Object.fromEntries(kept), conflict: conflicts.at(-1) }
}

/** The versions of a definition, as objects. */
export function versionsOf(crd: JsonObject): readonly JsonObject[] {
  return itemsAt(crd, 'spec', 'versions').filter(isJsonObject)
}
