// The options of a write, told in its query (and in the body of a DELETE), checked all at once.
import { isTrue } from '../http/request-info.ts'
import { invalid, type StatusError } from '../http/status-error.ts'
import { required } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { defaultManager } from '../ssa/track-update.ts'
import type { Call } from './call.ts'

export interface WriteOptions {
  readonly dryRun: boolean
  readonly manager: string
  readonly force: boolean
  readonly validation: 'Ignore' | 'Warn' | 'Strict'
}

/** What a write says beside its query. */
export interface OptionSource {
  /** `dryRun` of a DELETE's body. */
  readonly dryRun?: readonly unknown[]
  /** Whether a PATCH applies: it needs a manager and may be forced, no other may. */
  readonly apply?: boolean
}

const maxManagerLength = 128
const validations = ['Ignore', 'Strict', 'Warn'] as const

const kinds: Readonly<Record<string, string>> = {
  create: 'CreateOptions',
  update: 'UpdateOptions',
  patch: 'PatchOptions',
  delete: 'DeleteOptions',
  deletecollection: 'DeleteOptions',
}

/** `dryRun`, `fieldManager`, `fieldValidation` and `force` of a write. Throws StatusError 422 naming every fault. */
export function writeOptions(call: Call, source: OptionSource = {}): WriteOptions {
  const { query, verb } = call.target
  const manager = query.get('fieldManager') ?? ''
  const dryRun = [...query.getAll('dryRun'), ...(source.dryRun ?? [])]
  const validation = query.get('fieldValidation') ?? ''
  const faults = [
    ...(verb === 'patch' ? patchFaults(query, source.apply === true) : []),
    ...managerFaults(manager),
    ...dryRunFaults(dryRun),
    ...validationFaults(validation),
  ]
  if (faults.length > 0) throw optionFaults(verb, faults)
  return {
    dryRun: dryRun.includes('All'),
    manager: manager || defaultManager(call.request.headers.get('user-agent')),
    force: isTrue(query.get('force')),
    validation: validations.find((known) => known === validation) ?? 'Warn',
  }
}

function optionFaults(verb: string, faults: readonly FieldError[]): StatusError {
  return invalid({ group: 'meta.k8s.io', kind: kinds[verb] ?? 'UpdateOptions' }, '', faults)
}

function patchFaults(query: URLSearchParams, apply: boolean): FieldError[] {
  if (apply) return query.get('fieldManager') ? [] : [required('fieldManager', 'is required for apply patch')]
  if (!query.has('force')) return []
  const message = 'Forbidden: may not be specified for non-apply patch'
  return [{ field: 'force', reason: 'FieldValueForbidden', message }]
}

function managerFaults(manager: string): FieldError[] {
  const field = 'fieldManager'
  const long =
    Buffer.byteLength(manager) > maxManagerLength
      ? [
          {
            field,
            reason: 'FieldValueTooLong' as const,
            message: `Too long: may not be more than ${maxManagerLength} bytes`,
          },
        ]
      : []
  const unprintable = [...manager].findIndex((char) => !/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char))
  if (unprintable < 0) return long
  const code = ([...manager][unprintable] ?? '').codePointAt(0) ?? 0
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  const message = `invalid character ${shown} (at position ${unprintable})`
  return [...long, { field, reason: 'FieldValueInvalid', message: `Invalid value: ${goQuoted(manager)}: ${message}` }]
}

/** A text as Go quotes it: control characters as \x01. */
function goQuoted(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, '\\x$1')
}

function dryRunFaults(values: readonly unknown[]): FieldError[] {
  if (values.every((value) => value === 'All')) return []
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`
  return [{ field: 'dryRun', reason: 'FieldValueNotSupported', message }]
}

function validationFaults(value: string): FieldError[] {
  if (value === '' || validations.some((known) => known === value)) return []
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: "", ${validations.map((known) => `"${known}"`).join(', ')}`
  return [{ field: 'fieldValidation', reason: 'FieldValueNotSupported', message }]
}
