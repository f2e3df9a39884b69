// Every apply strategy against everything a member may hold already, on a real API server: the object there, who owns its
// fields and the object, and what the placement tells about it, each as the reference says (apply-matrix/expected.ts).
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { eventually } from '../../support/eventually.ts'
import { type Cell, cells, cellText, type Situation, situations } from './apply-matrix/cells.ts'
import { type Expected, expectedOf } from './apply-matrix/expected.ts'
import { type Outcome, openStage, playCells, type Stage } from './apply-matrix/stage.ts'

let stage: Stage

before(async () => {
  stage = await openStage()
  await playCells(stage)
})
after(() => stage?.[Symbol.asyncDispose]())

const isApplied = ({ result }: Expected) => result === 'Applied'
const isReported = ({ result }: Expected) => /^(FoundDiff|NoDiffFound)/.test(result)

/** What the placement tells, by the rules for folding what became of a single object. */
function toldOf(cell: Cell, expected: Expected) {
  const { result, drifts = [], diffs = [] } = expected
  if (cell.mode === 'RD') {
    const reported = isReported(expected)
    return { conditions: { DiffReported: reported }, failed: [], drifted: [], diffed: reported ? diffs : [] }
  }
  if (isApplied(expected))
    return { conditions: { Applied: true, Available: true }, failed: [], drifted: drifts, diffed: [] }
  return { conditions: { Applied: false }, failed: [result], drifted: drifts, diffed: diffs }
}

/** The same, read from what there is. */
function seenOf({ object, status }: Outcome) {
  const [entry] = status.placementStatuses ?? []
  const later = ['Applied', 'Available', 'DiffReported']
  const conditions = (entry?.conditions ?? []).filter(({ type }) => later.includes(type))
  return {
    told: {
      conditions: Object.fromEntries(conditions.map(({ type, status: said }) => [type, said === 'True'])),
      failed: (entry?.failedPlacements ?? []).map(({ condition }) => condition.reason),
      drifted: (entry?.driftedPlacements ?? []).flatMap(({ observedDrifts = [] }) => observedDrifts),
      diffed: (entry?.diffedPlacements ?? []).flatMap(({ observedDiffs = [] }) => observedDiffs),
    },
    words: entry?.failedPlacements?.[0]?.condition.message ?? '',
    onMember: {
      description: (object?.['description'] as string | undefined) ?? 'absent',
      owned: (object?.metadata.ownerReferences ?? []).some(({ kind }) => kind === 'AppliedWork'),
      writers: writersOf(object?.metadata.managedFields ?? []),
    },
  }
}

/** Who manages the description, in order. */
function writersOf(managedFields: readonly unknown[]): string[] {
  const entries = managedFields as readonly { manager: string; fieldsV1?: Record<string, unknown> }[]
  const writers = entries.filter(({ fieldsV1 }) => fieldsV1?.['f:description'] !== undefined)
  return [...new Set(writers.map(({ manager }) => manager))].sort()
}

function wrongCells(situation: Situation, outcomes: ReadonlyMap<string, Outcome>): string[] {
  return cells
    .filter((cell) => cell.situation === situation)
    .flatMap((cell) => {
      const expected = expectedOf(cell)
      const outcome = outcomes.get(cell.name)
      assert.ok(outcome, cell.name)
      const { description, owned, writers } = expected
      const want = { told: toldOf(cell, expected), onMember: { description, owned, writers: [...writers] } }
      const { words, ...got } = seenOf(outcome)
      const drifted = isDeepStrictEqual(got.told.drifted, expected.repaired) ? [] : got.told.drifted
      const same = isDeepStrictEqual({ ...got, told: { ...got.told, drifted } }, want)
      if (same && (expected.words?.test(words) ?? true)) return []
      return [`${cellText(cell)}\n  want ${JSON.stringify(want)}\n  got  ${JSON.stringify(got)} ${words}`]
    })
}

for (const situation of situations)
  test(`${situation}: member object, field owners and status are as the reference says`, async () => {
    // What the last look found may still be on its way into the status.
    await eventually(
      'as the reference says',
      async () => {
        const wrong = wrongCells(situation, await stage.outcomes())
        assert.equal(wrong.length, 0, `${wrong.length} cells:\n${wrong.join('\n')}`)
      },
      15_000,
    )
  })
