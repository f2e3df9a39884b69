// Conditions: finding, comparing and setting them. A condition speaks of a generation and is fresh only for exactly that one.
import type { Condition } from '../api/condition.ts'

/** The condition of a type, if there is one. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** True, and about exactly this generation. An absent observedGeneration is generation 0. */
export function isTrueAt(condition: Condition | undefined, generation: number): boolean {
  return condition?.status === 'True' && (condition.observedGeneration ?? 0) === generation
}

/** False, and about exactly this generation. */
export function isFalseAt(condition: Condition | undefined, generation: number): boolean {
  return condition?.status === 'False' && (condition.observedGeneration ?? 0) === generation
}

/**
 * Whether `current` already says what `desired` says: same type, status and reason, for the same or a newer generation.
 * Message and transition time do not count.
 */
export function saysSame(current: Condition | undefined, desired: Condition | undefined): boolean {
  return saysSameIgnoringReason(current, desired) && current?.reason === desired?.reason
}

/** Like `saysSame`, without the reason. */
export function saysSameIgnoringReason(current: Condition | undefined, desired: Condition | undefined): boolean {
  if (!current || !desired) return current === desired
  return (
    current.type === desired.type &&
    current.status === desired.status &&
    (current.observedGeneration ?? 0) >= (desired.observedGeneration ?? 0)
  )
}

/**
 * The list with `condition` set. An entry of the same type is replaced in place and keeps its lastTransitionTime while
 * the status stays; otherwise the time is `now` (RFC 3339), unless the condition brings one.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  condition: Condition,
  now: string,
): Condition[] {
  const existing = findCondition(conditions, condition.type)
  const since = existing?.status === condition.status ? existing.lastTransitionTime : undefined
  const entry = { ...condition, lastTransitionTime: since ?? condition.lastTransitionTime ?? now }
  return existing
    ? (conditions ?? []).map((other) => (other === existing ? entry : other))
    : [...(conditions ?? []), entry]
}

/** The list without the conditions of a type. */
export function withoutCondition(conditions: readonly Condition[] | undefined, type: string): Condition[] {
  return (conditions ?? []).filter((condition) => condition.type !== type)
}
