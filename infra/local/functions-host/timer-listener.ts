// Timer triggers: one loop a function, so a run never overlaps the one before; what comes due meanwhile is skipped.
import { InvalidInputError } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { Binding, Registered } from './core-module.ts'
import type { Invoker } from './invoker.ts'
import { nextOccurrence, parseSchedule, type Schedule } from './ncrontab.ts'

/** Node's timers end at 2^31 ms; a longer wait is made of shorter ones. */
const longestSleepMs = 3_600_000

export interface TimerListener {
  /** Starts no further run and resolves once the running one is over. */
  stop(): Promise<void>
}

export interface TimerOptions {
  readonly function: Registered
  readonly binding: Binding
  readonly settings: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly invoker: Invoker
}

/** Throws InvalidInputError when the schedule cannot be read or never comes due. */
export function startTimer({ function: registered, binding, settings, clock, invoker }: TimerOptions): TimerListener {
  const schedule = scheduleOf(registered.name, binding, settings, clock)
  const stopped = new AbortController()
  let last: number | undefined
  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const due = nextOccurrence(schedule, clock.now())
      if (due === undefined || !(await sleepUntil(clock, due, stopped.signal))) return
      const status = scheduleStatus(last, due, nextOccurrence(schedule, due), clock.now())
      last = due
      // The invoker has logged a failure; the next run comes as if nothing had been.
      await invoker.invoke({ function: registered, data: { json: status }, triggerMetadata: {} }).catch(() => {})
    }
  }
  const running = loop()
  return {
    stop: () => {
      stopped.abort()
      return running
    },
  }
}

function scheduleOf(name: string, binding: Binding, settings: TimerOptions['settings'], clock: Clock): Schedule {
  const text = String(binding['schedule'] ?? '')
  const setting = /^%([^%]+)%$/.exec(text)?.[1]
  const resolved = setting === undefined ? text : settings[setting]
  if (resolved === undefined)
    throw new InvalidInputError(`function ${name}: its schedule ${text} names a setting that is not set`)
  const schedule = parseSchedule(resolved)
  if (nextOccurrence(schedule, clock.now()) === undefined) {
    throw new InvalidInputError(`function ${name}: its schedule ${JSON.stringify(resolved)} never comes due`)
  }
  return schedule
}

async function sleepUntil(clock: Clock, due: number, signal: AbortSignal): Promise<boolean> {
  try {
    for (let left = due - clock.now(); left > 0; left = due - clock.now()) {
      await clock.sleep(Math.min(left, longestSleepMs), signal)
    }
    return !signal.aborted
  } catch {
    return false
  }
}

function scheduleStatus(last: number | undefined, due: number, next: number | undefined, now: number): string {
  const text = (time: number): string => new Date(time).toISOString()
  return JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: text(last ?? due), Next: text(next ?? due), LastUpdated: text(now) },
    IsPastDue: false,
  })
}
