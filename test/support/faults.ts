// Faults from a seed: crashes, lost races, outages, duplicates and reorderings, at every call of a port.
import { ConflictError, TransientError } from '../../shared/errors.ts'

/** The process died. Nothing after this line runs; the message comes back. */
export class CrashError extends Error {
  override readonly name = 'CrashError'
}

/** Probabilities per port call, and per delivery for the last three. */
export interface FaultRates {
  readonly crashBefore: number
  readonly crashAfter: number
  readonly conflict: number
  readonly outage: number
  readonly duplicate: number
  readonly reorder: number
  readonly delay: number
}

/** A single fault: at the `chance`-th opportunity for it, counted from 1. */
export interface PlannedFault {
  readonly fault: keyof FaultRates
  readonly chance: number
}

export const noFaults: FaultRates = {
  crashBefore: 0,
  crashAfter: 0,
  conflict: 0,
  outage: 0,
  duplicate: 0,
  reorder: 0,
  delay: 0,
}
export const manyFaults: FaultRates = {
  crashBefore: 0.02,
  crashAfter: 0.03,
  conflict: 0.03,
  outage: 0.02,
  duplicate: 0.1,
  reorder: 0.2,
  delay: 0.1,
}

/** mulberry32: small, quick, the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}

export interface FaultInjector {
  wrap<T extends object>(port: string, target: T): T
  happens(fault: 'duplicate' | 'reorder' | 'delay'): boolean
  /** Nests: faults strike again once every pause was resumed. */
  pause(): void
  resume(): void
  /** No more faults from here on: what was broken must heal. */
  stop(): void
  readonly injected: Record<string, number>
  /** Opportunities there were so far, by fault. */
  readonly chances: Readonly<Partial<Record<keyof FaultRates, number>>>
}

/** Methods that write where a lost race is possible. */
const conditional = new Set(['write', 'commit', 'observe', 'drop'])

export function faultInjector(random: () => number, rates: FaultRates, planned?: PlannedFault): FaultInjector {
  const injected: Record<string, number> = {}
  const chances: Partial<Record<keyof FaultRates, number>> = {}
  let paused = 0
  const strikes = (fault: keyof FaultRates) => {
    if (paused > 0) return false
    const chance = (chances[fault] ?? 0) + 1
    chances[fault] = chance
    const isPlanned = planned?.fault === fault && planned.chance === chance
    if (!isPlanned && random() >= rates[fault]) return false
    injected[fault] = (injected[fault] ?? 0) + 1
    return true
  }
  return {
    injected,
    chances,
    happens: strikes,
    pause: () => {
      paused += 1
    },
    resume: () => {
      paused -= 1
    },
    stop: () => {
      for (const fault of Object.keys(rates) as (keyof FaultRates)[]) Object.assign(rates, { [fault]: 0 })
    },
    wrap: (port, target) =>
      new Proxy(target, {
        get(object, name) {
          const member: unknown = Reflect.get(object, name)
          if (typeof member !== 'function' || typeof name !== 'string') return member
          return (...args: unknown[]) => {
            const call = () => member.apply(object, args) as unknown
            return isSynchronous(name) ? call() : struck(`${port}.${name}`, name, call)
          }
        },
      }),
  }

  async function struck(where: string, method: string, call: () => unknown): Promise<unknown> {
    if (strikes('crashBefore')) throw new CrashError(`crash before ${where}`)
    if (strikes('outage')) throw new TransientError(`${where} is away`)
    if (conditional.has(method) && !where.startsWith('member') && strikes('conflict'))
      throw new ConflictError(`${where} lost its race`)
    const result = await call()
    if (strikes('crashAfter')) throw new CrashError(`crash after ${where}`)
    return result
  }
}

function isSynchronous(method: string): boolean {
  return method === 'onWrite' || method === 'due' || method === 'take' || method === 'put' || method === 'nextDue'
}
