// Which placements a changed object may concern. Waking one too many costs a look, missing one costs correctness: labels
// are not compared, so that an object that stops matching wakes those it matched before.
import type { Placement, ResourceSelectorTerm } from '../../api/placement.ts'
import { isNamespaceKind } from './kinds.ts'

export interface ChangedObject {
  readonly group: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
}

/** Whether an object is, was, or may now be selected by a placement. */
export function concerns(object: ChangedObject, { metadata, spec, status }: Placement): boolean {
  if (metadata.namespace !== undefined && metadata.namespace !== object.namespace) return false
  return (
    spec.resourceSelectors.some((selector) => names(selector, object) || holds(selector, object)) ||
    (status?.selectedResources ?? []).some(
      (selected) =>
        selected.name === object.name &&
        selected.kind === object.kind &&
        (selected.group ?? '') === object.group &&
        (selected.namespace ?? '') === (object.namespace ?? ''),
    )
  )
}

function names(selector: ResourceSelectorTerm, { group, kind, name }: ChangedObject): boolean {
  return selector.group === group && selector.kind === kind && (!selector.name || selector.name === name)
}

/** A selected namespace takes what is in it. */
function holds(selector: ResourceSelectorTerm, { namespace }: ChangedObject): boolean {
  return (
    namespace !== undefined &&
    isNamespaceKind(selector) &&
    selector.selectionScope !== 'NamespaceOnly' &&
    (!selector.name || selector.name === namespace)
  )
}
