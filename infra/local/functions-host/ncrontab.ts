// NCRONTAB: cron with a field for seconds, `{second} {minute} {hour} {day} {month} {day-of-week}`, in UTC.
import { InvalidInputError } from '../../../shared/errors.ts'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly words?: readonly string[]
}

const fields: readonly Field[] = [
  { name: 'second', min: 0, max: 59 },
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: months },
  { name: 'day of week', min: 0, max: 6, words: weekdays },
]

/** For each field the values it allows. */
export interface Schedule {
  readonly text: string
  readonly allowed: readonly ReadonlySet<number>[]
}

/** Throws InvalidInputError naming the field and what it may hold. */
export function parseSchedule(text: string): Schedule {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    throw new InvalidInputError(
      `schedule ${JSON.stringify(text)} has ${parts.length} fields; write six: second minute hour day month day-of-week`,
    )
  }
  return { text, allowed: fields.map((field, at) => parseField(text, field, parts[at] ?? '')) }
}

function parseField(text: string, field: Field, part: string): Set<number> {
  return new Set(part.split(',').flatMap((item) => parseItem(text, field, item)))
}

function parseItem(text: string, field: Field, item: string): number[] {
  const match = /^(\*|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(item)
  const complain = (): never => {
    throw new InvalidInputError(
      `schedule ${JSON.stringify(text)}: ${JSON.stringify(item)} is no ${field.name}; allowed are *, ${field.min}-${field.max}, lists and steps`,
    )
  }
  if (!match) return complain()
  const [, , from, to, stepText] = match
  const step = Number(stepText ?? 1)
  const first = from === undefined ? field.min : numberOf(field, from)
  // `5/10` starts at 5 and goes on to the end, as `*` does.
  const openEnded = from === undefined || stepText !== undefined
  const last = to === undefined ? (openEnded ? field.max : first) : numberOf(field, to)
  if (first === undefined || last === undefined || first > last || step < 1) return complain()
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, n) => first + n * step)
}

function numberOf(field: Field, text: string): number | undefined {
  const word = field.words?.indexOf(text.toLowerCase().slice(0, 3)) ?? -1
  const value = word >= 0 && text.length >= 3 ? word + field.min : /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= field.min && value <= field.max ? value : undefined
}

/** The furthest a schedule is looked up: 29 February may be eight years away. */
const horizonDays = 366 * 9

/** The first moment after `after` (epoch milliseconds, as is the result) the schedule names; undefined when there is none. */
export function nextOccurrence({ allowed }: Schedule, after: number): number | undefined {
  const [seconds, minutes, hours, days, monthsOfYear, daysOfWeek] = allowed
  const start = Math.floor(after / 1_000) * 1_000 + 1_000
  let day = Date.UTC(...dateOf(start))
  for (let n = 0; n < horizonDays; n += 1, day += 86_400_000) {
    const date = new Date(day)
    const fits =
      days?.has(date.getUTCDate()) && monthsOfYear?.has(date.getUTCMonth() + 1) && daysOfWeek?.has(date.getUTCDay())
    if (!fits) continue
    const found = timeOfDay([hours, minutes, seconds], Math.max(0, (start - day) / 1_000))
    if (found !== undefined) return day + found * 1_000
  }
  return undefined
}

function dateOf(time: number): [number, number, number] {
  const date = new Date(time)
  return [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()]
}

/** The first allowed second of a day at or after `from`. */
function timeOfDay(parts: readonly (ReadonlySet<number> | undefined)[], from: number): number | undefined {
  const [hours = [], minutes = [], seconds = []] = parts.map((part) => [...(part ?? [])].sort((a, b) => a - b))
  for (const hour of hours) {
    if ((hour + 1) * 3_600 <= from) continue
    for (const minute of minutes) {
      const base = hour * 3_600 + minute * 60
      if (base + 60 <= from) continue
      const second = seconds.find((value) => base + value >= from)
      if (second !== undefined) return base + second
    }
  }
  return undefined
}
