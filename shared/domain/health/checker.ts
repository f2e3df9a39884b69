// Health: whether an object on a member cluster works. One file a kind, listed in index.ts; called after an object was
// applied, with what the member answered.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'

/** `NotTrackable`: nobody can tell, time has to. `Failed`: the object does not have the shape of its kind. */
export type Availability = 'Available' | 'ManifestNotAvailableYet' | 'NotTrackable' | 'Failed'

/** Judges a live object of one kind. Throws BadShape for an object that is not of its kind. */
export type Checker = (object: KubeObject) => Availability

/** The object is not what its kind promises. */
export class BadShape extends Error {}

export function verdict(available: boolean): Availability {
  return available ? 'Available' : 'ManifestNotAvailableYet'
}

/** A member that is a map; absent or null reads as empty. */
export function part(of: Readonly<Record<string, unknown>>, field: string): Readonly<Record<string, unknown>> {
  const value = of[field]
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value)) throw new BadShape(`${field} is not a map`)
  return value
}

/** A member that is a list of maps; absent or null reads as empty. */
export function list(
  of: Readonly<Record<string, unknown>>,
  field: string,
): readonly Readonly<Record<string, unknown>>[] {
  const value = of[field] ?? []
  if (!Array.isArray(value) || !value.every(isJsonObject)) throw new BadShape(`${field} is not a list of maps`)
  return value
}

/** A member that is a whole number; absent or null reads as `absent`. */
export function int(of: Readonly<Record<string, unknown>>, field: string, absent = 0): number {
  const value = of[field] ?? absent
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new BadShape(`${field} is not a whole number`)
  return value
}

/** A member that is a text; absent or null reads as empty. */
export function text(of: Readonly<Record<string, unknown>>, field: string): string {
  const value = of[field] ?? ''
  if (typeof value !== 'string') throw new BadShape(`${field} is not a text`)
  return value
}

/** Whether the kind's controller has seen the object as it is now. */
export function isObserved(object: KubeObject): boolean {
  return int(part(object, 'status'), 'observedGeneration') === (object.metadata.generation ?? 0)
}
