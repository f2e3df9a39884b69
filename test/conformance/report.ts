// What a run prints: counts by group, every difference nobody listed, the accepted ones with their reasons, one last line.
import type { Found, Outcome } from './runner.ts'

/** Longer values are cut: the place says where to look. */
const shownLength = 400

export interface Tally {
  readonly passed: number
  readonly listed: number
  readonly failed: number
}

const isFailed = ({ unlisted, failures }: Outcome) => unlisted.length + failures.length > 0

export function tally(outcomes: readonly Outcome[]): Tally {
  const failed = outcomes.filter(isFailed).length
  const listed = outcomes.filter((each) => !isFailed(each) && each.accepted.length > 0).length
  return { passed: outcomes.length - failed - listed, listed, failed }
}

/** The whole report, line by line. */
export function report(outcomes: readonly Outcome[]): readonly string[] {
  const { passed, listed, failed } = tally(outcomes)
  return [
    ...groupLines(outcomes),
    ...outcomes.filter(isFailed).flatMap(failureLines),
    ...acceptedLines(outcomes),
    `${passed} passed, ${listed} differ as listed, ${failed} failed`,
  ]
}

function groupLines(outcomes: readonly Outcome[]): string[] {
  const groups = [...new Set(outcomes.map(({ script }) => script.group))]
  return groups.map((group) => {
    const { passed, listed, failed } = tally(outcomes.filter(({ script }) => script.group === group))
    const rest = [...(listed > 0 ? [`${listed} differ as listed`] : []), ...(failed > 0 ? [`${failed} FAILED`] : [])]
    return `${group.padEnd(20)} ${[`${passed} passed`, ...rest].join(', ')}`
  })
}

/** One failed script, for people. */
export function failureLines({ script, unlisted, failures }: Outcome): string[] {
  const steps = [...new Set(unlisted.map(({ step }) => step))]
  return [
    '',
    `${script.id}: ${script.title}`,
    ...failures.map((failure) => `  ${failure}`),
    ...steps.flatMap((step) => {
      const own = unlisted.filter((each) => each.step === step)
      return [`  step ${step}: ${own[0]?.request}`, ...own.flatMap(differenceLines)]
    }),
  ]
}

const differenceLines = ({ path, real, hub }: Found) => [
  `    ${path}`,
  `      real ${shown(real)}`,
  `      hub  ${shown(hub)}`,
]

function shown(value: unknown): string {
  const text = value === undefined ? '(nothing)' : JSON.stringify(value)
  return text.length > shownLength ? `${text.slice(0, shownLength)}... (${text.length} characters)` : text
}

function acceptedLines(outcomes: readonly Outcome[]): string[] {
  const accepted = outcomes.flatMap((each) => each.accepted)
  if (accepted.length === 0) return ['', 'no accepted differences', '']
  return [
    '',
    'accepted differences:',
    ...accepted.map(({ script, step, path, reason }) => `  ${script}, step ${step}, ${path}: ${reason.trim()}`),
    '',
  ]
}
