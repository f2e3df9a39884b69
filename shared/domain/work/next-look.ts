// When a cluster's worker looks again although nothing woke it: soon while something is still becoming ready, then less
// and less often, as KubeFleet backs off. Whoever watches the member looks after everything that is fine.
import type { WorkStatus } from '../../api/work.ts'
import { findCondition } from '../condition.ts'
import { type BackoffState, defaultBackoff, nextLook } from './backoff.ts'
import { repairToldMs } from './repair.ts'

/** The first waits, in milliseconds, by rounds with the same outcome; KubeFleet's back-off goes on behind them. */
const quickMs = [250, 500, 1_000, 1_500] as const

/** Milliseconds until the next look, or undefined when nothing is to be seen unless something wakes the worker. */
export function nextLookMs(status: WorkStatus, rounds: number): number | undefined {
  const settled = ['Available', 'DiffReported'].some(
    (type) => findCondition(status.conditions, type)?.status === 'True',
  )
  if (!settled) return quickMs[rounds] ?? backoffMs(rounds - quickMs.length + defaultBackoff.fixedRounds)
  // A drift that is told of an object that is applied was undone, or is nobody's to undo: tell it no longer than needed.
  const told = status.manifestConditions?.some(({ driftDetails }) => driftDetails !== undefined) ?? false
  return told ? Math.min(defaultBackoff.fastMaxSeconds * 1_000, (repairToldMs + 1_000) * 1.5 ** rounds) : undefined
}

/** KubeFleet's wait after that many rounds with the same outcome. */
function backoffMs(rounds: number): number {
  const facts = { generation: 1, resultHash: '', done: false }
  let state: BackoffState | undefined
  for (let round = 0; round <= rounds && round < 200; round += 1) state = nextLook(state, facts, defaultBackoff)
  return (state?.lastSeconds ?? 0) * 1_000
}

/** The outcome of a round without its times, to tell whether the next one brought news. */
export function outcomeText(status: WorkStatus): string {
  return JSON.stringify(status, (key, value: unknown) =>
    key === 'lastTransitionTime' || key === 'observationTime' || key.startsWith('first') ? undefined : value,
  )
}
