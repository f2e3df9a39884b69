// Which objects of the hub are found by what they say of others: placements, by what they select.
import { typeText } from '../api/kube-object.ts'
import { selectionEntries } from '../domain/placement/selection-index.ts'
import type { IndexOf } from '../ports/object-index.ts'
import { types } from './fleet-lists.ts'

const placements: readonly string[] = [typeText(types.clusterResourcePlacement), typeText(types.resourcePlacement)]

/** Hand this to the object store. */
export const objectIndex: IndexOf = (type, object) =>
  placements.includes(typeText(type)) ? selectionEntries(object) : []
