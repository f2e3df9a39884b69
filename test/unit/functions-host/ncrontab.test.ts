// Six-field cron: what fires when, and what is refused with a reason.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextOccurrence, parseSchedule } from '../../../infra/local/functions-host/ncrontab.ts'

const cases: readonly (readonly [schedule: string, after: string, want: string | undefined])[] = [
  ['0 */5 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:05:00Z'],
  ['*/30 * * * * *', '2026-01-01T00:00:29.999Z', '2026-01-01T00:00:30Z'],
  ['0 0 * * * *', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z'],
  ['0 30 9 * * Mon-Fri', '2026-01-02T09:30:00Z', '2026-01-05T09:30:00Z'],
  ['0 0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['5/20 0 0 1 jan,jul *', '2026-01-01T00:00:05Z', '2026-01-01T00:00:25Z'],
  ['0 0 12 13 * 5', '2026-01-01T00:00:00Z', '2026-02-13T12:00:00Z'],
  ['0 0 0 30 2 *', '2026-01-01T00:00:00Z', undefined],
]
for (const [schedule, after, want] of cases) {
  test(`${schedule} after ${after} is ${want ?? 'never'}`, () => {
    const got = nextOccurrence(parseSchedule(schedule), Date.parse(after))
    assert.equal(got === undefined ? undefined : new Date(got).toISOString().replace('.000', ''), want)
  })
}

for (const [schedule, words] of [
  ['* * * * *', /5 fields; write six/],
  ['60 * * * * *', /"60" is no second; allowed are \*, 0-59/],
  ['* * * 0 * *', /no day/],
  ['* * * * * Funday', /no day of week/],
  ['* 5-3 * * * *', /no minute/],
  ['*/0 * * * * *', /no second/],
] as const) {
  test(`${schedule} is refused`, () => {
    assert.throws(() => parseSchedule(schedule), words)
  })
}

test('the next occurrence is later, fits the schedule, and nothing between fits', () => {
  const step = fc.constantFrom('*', '*/7', '10-20', '3,9,27', '0')
  fc.assert(
    fc.property(step, step, fc.integer({ min: 0, max: 4e12 }), (second, minute, after) => {
      const schedule = parseSchedule(`${second} ${minute} * * * *`)
      const next = nextOccurrence(schedule, after)
      assert.ok(next !== undefined && next > after)
      const fits = (time: number): boolean => {
        const date = new Date(time)
        return [date.getUTCSeconds(), date.getUTCMinutes()].every((value, at) => schedule.allowed[at]?.has(value))
      }
      assert.ok(fits(next))
      for (let time = Math.floor(after / 1_000) * 1_000 + 1_000; time < next; time += 1_000) assert.ok(!fits(time))
    }),
    { numRuns: 200 },
  )
})
