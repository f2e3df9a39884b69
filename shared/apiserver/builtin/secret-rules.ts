// Secrets: what each type must hold.
import type { JsonObject } from '../../api/json.ts'
import { jsonFault } from '../http/json-fault.ts'
import { invalid, required, tooLong } from '../schema/field-errors.ts'
import type { FieldError } from '../schema/schema.ts'
import { checkImmutable, checkKeys, decodedLength, maxDataBytes, totalBytes } from './data-rules.ts'
import { objectAt, valueAt } from './edit.ts'
import type { Rule } from './rules.ts'

/** Keys that a type of Secret must have. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

/** Keys that hold JSON. */
const jsonKeys = ['.dockerconfigjson', '.dockercfg']

const accountName = 'kubernetes.io/service-account.name'

function missingKeys(type: string, data: JsonObject): FieldError[] {
  if (type === 'kubernetes.io/basic-auth') {
    const keys = ['username', 'password']
    return keys.some((key) => Object.hasOwn(data, key)) ? [] : keys.map((key) => required(`data[${key}]`))
  }
  return (secretKeys[type] ?? []).filter((key) => !Object.hasOwn(data, key)).map((key) => required(`data[${key}]`))
}

function unreadableKeys(type: string, data: JsonObject): FieldError[] {
  const keys = jsonKeys.filter((key) => secretKeys[type]?.includes(key) && typeof data[key] === 'string')
  return keys.flatMap((key) => {
    const text = Buffer.from(String(data[key]), 'base64').toString('utf8')
    try {
      JSON.parse(text)
      return []
    } catch {
      return [invalid(`data[${key}]`, '<secret contents redacted>', jsonFault(text))]
    }
  })
}

export const checkSecret: Rule = (object, old) => {
  const data = objectAt(object, 'data')
  const type = typeof object['type'] === 'string' ? object['type'] : 'Opaque'
  const nameless =
    type === 'kubernetes.io/service-account-token' && !valueAt(object, 'metadata', 'annotations', accountName)
  return [
    ...checkKeys(object, 'data'),
    ...(totalBytes(data, decodedLength) > maxDataBytes ? [tooLong('data', maxDataBytes)] : []),
    ...(nameless ? [required(`metadata.annotations[${accountName}]`)] : []),
    ...missingKeys(type, data),
    ...unreadableKeys(type, data),
    ...(old !== undefined && old['type'] !== type ? [invalid('type', type, 'field is immutable')] : []),
    ...checkImmutable(object, old, ['data']),
  ]
}
