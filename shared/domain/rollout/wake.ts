// Which changes are a reason to plan a rollout again.
import type { Binding } from '../../api/binding.ts'
import type { PlacementKey } from '../../api/message.ts'
import { findCondition, saysSame } from '../condition.ts'

/** Conditions whose change may free or take budget. */
const watched = ['Available', 'DiffReported']

/**
 * Whether a binding's change concerns the rollout: it is wanted differently, or it became ready or stopped being it. A
 * condition that says the same about a newer generation counts, because that is how a cluster becomes ready again.
 */
export function bindingChangeMatters(before: Binding, after: Binding): boolean {
  if (before.generation !== after.generation) return true
  return watched.some((type) => {
    const [was, is] = [findCondition(before.conditions, type), findCondition(after.conditions, type)]
    return !saysSame(was, is)
  })
}

/** The placement an override (or its snapshot) is meant for; `undefined` when it names none. */
export function placementOfOverride(
  placement: { readonly name: string; readonly scope?: string | undefined } | undefined,
  namespace: string | undefined,
): PlacementKey | undefined {
  if (!placement?.name) return undefined
  return placement.scope === 'Namespaced' ? `${namespace ?? ''}/${placement.name}` : placement.name
}
