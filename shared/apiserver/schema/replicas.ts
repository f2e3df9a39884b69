// Replica counts of custom kinds with a scale subresource: whole numbers that fit 32 bits.
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import type { ScaleSubresource } from '../kind.ts'
import { invalid } from './field-errors.ts'
import type { FieldError } from './schema.ts'

const most = 2 ** 31 - 1

function valueAt(object: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = object
  for (const name of path.split('.').slice(1))
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

/** Complaints about the counts at the paths of a scale subresource; the paths are named as they are written. */
export function replicaErrors(
  { specReplicasPath, statusReplicasPath }: ScaleSubresource,
  object: JsonObject,
): readonly FieldError[] {
  return [specReplicasPath, statusReplicasPath].flatMap((path) => {
    const count = valueAt(object, path)
    if (typeof count !== 'number') return []
    if (count < 0) return [invalid(path, count, 'should be a non-negative integer')]
    return count > most ? [invalid(path, count, `should be less than or equal to ${most}`)] : []
  })
}
