// When to look at a cluster's objects again although nothing asked for it: soon while things move, ever more rarely after.
import { createHash } from 'node:crypto'
import { goJson } from '../go-json.ts'
import type { ManifestOutcome } from './result.ts'

/** Delays in seconds. Limits and defaults are KubeFleet's. */
export interface BackoffSettings {
  /** Rounds after a change that wait `fixedSeconds` each; 1 to 40. */
  readonly fixedRounds: number
  readonly fixedSeconds: number
  readonly slowBase: number
  readonly slowInitialSeconds: number
  readonly slowMaxSeconds: number
  readonly fastBase: number
  readonly fastMaxSeconds: number
  /** Leave the slow stage out once everything is available or reported. */
  readonly skipSlowWhenDone: boolean
}

export const defaultBackoff: BackoffSettings = {
  fixedRounds: 1,
  fixedSeconds: 5,
  slowBase: 1.2,
  slowInitialSeconds: 2,
  slowMaxSeconds: 15,
  fastBase: 1.5,
  fastMaxSeconds: 900,
  skipSlowWhenDone: true,
}

/** Settings with values out of range replaced; groups that do not fit together are replaced together. */
export function checkedBackoff(settings: BackoffSettings): BackoffSettings {
  const { fixedRounds, fixedSeconds, slowBase, fastBase } = settings
  const { slowInitialSeconds, slowMaxSeconds, fastMaxSeconds } = settings
  const basesFit = slowBase >= 1.05 && fastBase >= slowBase && fastBase <= 100
  const delaysFit =
    slowInitialSeconds >= 2 &&
    slowMaxSeconds >= slowInitialSeconds &&
    fastMaxSeconds >= slowMaxSeconds &&
    fastMaxSeconds <= 3600
  return {
    ...settings,
    fixedRounds: fixedRounds >= 1 && fixedRounds <= 40 ? fixedRounds : 1,
    fixedSeconds: fixedSeconds >= 2 && fixedSeconds <= 300 ? fixedSeconds : 2,
    ...(basesFit ? {} : { slowBase: 1.2, fastBase: 1.2 }),
    ...(delaysFit ? {} : { slowInitialSeconds: 2, slowMaxSeconds: 30, fastMaxSeconds: 900 }),
  }
}

/** Where a work stands: rounds since the last change, and what the last round was about. */
export interface BackoffState {
  readonly rounds: number
  readonly lastSeconds: number
  readonly generation: number
  readonly resultHash: string
}

export interface RoundFacts {
  readonly generation: number
  readonly resultHash: string
  /** Whether all is available, or all differences are reported, for this generation. */
  readonly done: boolean
}

/** Rounds counted at most; no decision depends on more. */
const maxRounds = 200

/** The state after a round; its `lastSeconds` is how long to wait now. A new generation or other results start over. */
export function nextLook(before: BackoffState | undefined, facts: RoundFacts, settings: BackoffSettings): BackoffState {
  const { generation, resultHash } = facts
  const changed = before?.generation !== generation || before.resultHash !== resultHash
  const rounds = changed ? 0 : before.rounds
  const seconds = delaySeconds(rounds, changed ? 0 : before.lastSeconds, facts.done, settings)
  const lastSeconds = Math.min(seconds, Math.max(settings.fastMaxSeconds, settings.fixedSeconds))
  return { rounds: Math.min(rounds + 1, maxRounds), lastSeconds, generation, resultHash }
}

function delaySeconds(rounds: number, last: number, done: boolean, settings: BackoffSettings): number {
  const { fixedRounds, slowMaxSeconds, fastMaxSeconds } = settings
  if (rounds < fixedRounds) return settings.fixedSeconds
  if (rounds === fixedRounds) return settings.slowInitialSeconds
  if (last >= fastMaxSeconds) return fastMaxSeconds
  const fast = Math.min(last * settings.fastBase, fastMaxSeconds)
  const slow = last * settings.slowBase
  const skipSlow = (settings.skipSlowWhenDone && done) || last >= slowMaxSeconds || slow > slowMaxSeconds
  return skipSlow ? fast : slow
}

/** Tells rounds with different results apart; messages and details do not count, the order of manifests does. */
export function resultHash(outcomes: readonly Partial<Pick<ManifestOutcome, 'result' | 'availability'>>[]): string {
  const results = outcomes.map(({ result = '', availability = '' }) => `${result},${availability}`)
  return createHash('sha256').update(goJson(results)).digest('hex')
}
