// Ages as kubectl prints them: two units at most, the second only while it still says something.

const second = 1
const minute = 60
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

function pair(amount: number, unit: number, name: string, rest: number, restName: string): string {
  const whole = Math.floor(amount / unit)
  const more = Math.floor((amount % unit) / rest)
  return more === 0 ? `${whole}${name}` : `${whole}${name}${more}${restName}`
}

/** `5s`, `3m12s`, `2d3h`, `400d`, `3y20d`. Slightly negative spans (clock differences) are `0s`, others `<invalid>`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 2 * minute) return `${seconds}s`
  if (seconds < 10 * minute) return pair(seconds, minute, 'm', second, 's')
  if (seconds < 3 * hour) return `${Math.floor(seconds / minute)}m`
  if (seconds < 8 * hour) return pair(seconds, hour, 'h', minute, 'm')
  if (seconds < 2 * day) return `${Math.floor(seconds / hour)}h`
  if (seconds < 8 * day) return pair(seconds, day, 'd', hour, 'h')
  if (seconds < 2 * year) return `${Math.floor(seconds / day)}d`
  if (seconds < 8 * year) return pair(seconds, year, 'y', day, 'd')
  return `${Math.floor(seconds / year)}y`
}

/** Age of an RFC 3339 time, or `<unknown>` when it is absent or unreadable. */
export function ageOf(time: unknown, now: number): string {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) ? '<unknown>' : humanDuration(now - at)
}
