// What a change that somebody else made on a member means for the placement whose object it is.
import type { ObjectMeta } from '../../api/kube-object.ts'
import { specHashAnnotation } from './clean.ts'
import { appliedWorkApiVersion, appliedWorkKind } from './ownership.ts'

/** `who`: the owner's name; unknown when the object was ours but names no owner any more. `status`: only its status changed. */
export type Concern =
  | { readonly kind: 'none' }
  | { readonly kind: 'drift' | 'status'; readonly appliedWork: string }
  | { readonly kind: 'disowned' }

/** `owner` is who owned the object before, if that is known. */
export function concernOf(metadata: ObjectMeta, deleted: boolean, owner: string | undefined): Concern {
  const appliedWork = appliedWorkOf(metadata) ?? owner
  if (appliedWork !== undefined) return { kind: !deleted && isStatusOnly(metadata) ? 'status' : 'drift', appliedWork }
  return metadata.annotations?.[specHashAnnotation] === undefined ? { kind: 'none' } : { kind: 'disowned' }
}

/** The AppliedWork that owns an object. */
export function appliedWorkOf({ ownerReferences = [] }: ObjectMeta): string | undefined {
  return ownerReferences.find(
    ({ apiVersion, kind }) => apiVersion === appliedWorkApiVersion && kind === appliedWorkKind,
  )?.name
}

/** Whether the last write, as far as times of whole seconds tell, was to the status subresource alone. */
function isStatusOnly({ managedFields = [] }: ObjectMeta): boolean {
  const times = managedFields.map(({ time }) => String(time ?? ''))
  const last = times.toSorted().at(-1)
  const latest = managedFields.filter((_, at) => times[at] === last)
  return latest.length > 0 && latest.every(({ subresource }) => subresource === 'status')
}
