// Scheduling to the end: cycles repeated for as long as one asks for the next, and their changes folded into one.
import type { Binding } from '../../api/binding.ts'
import { InvariantError } from '../../errors.ts'
import { type CycleInput, type CycleResult, runCycle } from './cycle.ts'
import { rememberingPlugins, schedulingRules } from './profile.ts'

/** More cycles than this cannot be: each places at least one cluster of those wanted. */
const spareCycles = 2

/**
 * Schedules a placement completely, as if each cycle's changes had been stored before the next. The result names every
 * binding once, with its final form; a binding given up in one cycle and picked again in a later one counts as patched.
 */
export function scheduleFully(input: CycleInput): CycleResult {
  const stable = stableFor(input)
  let bindings = input.bindings
  let result = runCycle(input, stable)
  if (!result.requeue) return result
  const released = result.removeFinalizer
  let cyclesLeft = (input.policySnapshot.numberOfClusters ?? 0) + spareCycles
  while (result.requeue) {
    if (cyclesLeft-- === 0) throw new InvariantError(`scheduling ${input.placement.name} does not come to an end`)
    bindings = applied(bindings, result)
    result = runCycle({ ...input, bindings }, stable)
  }
  const { status, error } = result
  return {
    ...difference(input.bindings, applied(bindings, result)),
    removeFinalizer: released,
    requeue: false,
    ...(status && { status }),
    ...(error !== undefined && { error }),
  }
}

/** Only spread constraints take more than one cycle, and then remembering pays. */
function stableFor({ fleet, policySnapshot, placement, now, limits, rules = schedulingRules }: CycleInput) {
  const { policy } = policySnapshot
  if ((policy?.topologySpreadConstraints?.length ?? 0) === 0) return undefined
  const context = { fleet, policy, namespace: placement.namespace, current: [], obsolete: [], now, limits }
  return rememberingPlugins(context, rules)
}

/** Bindings as they are once a cycle's changes are stored. Deleting ones stay until their work is gone. */
export function applied(bindings: readonly Binding[], { create, patch, unschedule }: CycleResult): Binding[] {
  const changed = new Map([...patch, ...unschedule].map((binding) => [binding.name, binding]))
  return [...bindings.map((binding) => changed.get(binding.name) ?? binding), ...create]
}

function difference(before: readonly Binding[], after: readonly Binding[]) {
  const known = new Map(before.map((binding) => [binding.name, binding]))
  const changed = after.filter((binding) => known.has(binding.name) && known.get(binding.name) !== binding)
  // However many cycles touched it, to the outside a binding changes once.
  const once = changed.map((binding) => ({ ...binding, generation: (known.get(binding.name)?.generation ?? 0) + 1 }))
  return {
    create: after.filter(({ name }) => !known.has(name)).map((binding) => ({ ...binding, generation: 1 })),
    patch: once.filter(({ state }) => state !== 'Unscheduled'),
    unschedule: once.filter(({ state }) => state === 'Unscheduled'),
  }
}
