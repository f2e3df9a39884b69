// When a cluster's worker looks again although nothing woke it: soon while something is still becoming ready, then less
// and less often. The periodic sweep looks after everything that is fine.
import type { WorkStatus } from '../../api/work.ts'
import { findCondition } from '../condition.ts'

/** Waits in milliseconds, by rounds with the same outcome; the last one repeats. */
const waits = [250, 500, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 15_000] as const

/** Milliseconds until the next look, or undefined when the sweep is enough. */
export function nextLookMs(status: WorkStatus, rounds: number): number | undefined {
  const settled = ['Available', 'DiffReported'].some(
    (type) => findCondition(status.conditions, type)?.status === 'True',
  )
  return settled ? undefined : waits[Math.min(rounds, waits.length - 1)]
}

/** The outcome of a round without its times, to tell whether the next one brought news. */
export function outcomeText(status: WorkStatus): string {
  return JSON.stringify(status, (key, value: unknown) =>
    key === 'lastTransitionTime' || key === 'observationTime' || key.startsWith('first') ? undefined : value,
  )
}
