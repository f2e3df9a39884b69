// Two bindings for one cluster: the old one must be gone before the new one may place anything there, or both would
// own the same objects.
import type { Binding } from '../../api/binding.ts'

/** How long a placement waits before it looks again whether an old binding is gone. */
export const cleanupPollMs = 5_000

export type CleanupVerdict =
  | { readonly kind: 'clear' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'error'; readonly message: string }

/**
 * Decides over all bindings of a placement. `error` means the scheduler broke its promise: two live bindings on one
 * cluster, or a live one that already placed something beside one that is going away. An error wins over a wait.
 */
export function cleanupGuard(bindings: readonly Binding[]): CleanupVerdict {
  const live = new Map<string, Binding>()
  for (const binding of bindings.filter(({ deletionTimestamp }) => deletionTimestamp === undefined)) {
    const other = live.get(binding.targetCluster)
    if (other)
      return {
        kind: 'error',
        message: `bindings ${other.name} and ${binding.name} are both live on cluster ${binding.targetCluster}`,
      }
    live.set(binding.targetCluster, binding)
  }
  let wait = false
  for (const leaving of bindings.filter(({ deletionTimestamp }) => deletionTimestamp !== undefined)) {
    const binding = live.get(leaving.targetCluster)
    if (!binding) continue
    if (hasPlaced(binding)) {
      return {
        kind: 'error',
        message: `binding ${leaving.name} is being deleted while ${binding.name} is placed on cluster ${binding.targetCluster}`,
      }
    }
    wait = true
  }
  return { kind: wait ? 'wait' : 'clear' }
}

function hasPlaced({ state, previousState }: Binding): boolean {
  return state === 'Bound' || (state === 'Unscheduled' && previousState === 'Bound')
}
