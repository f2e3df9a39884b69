// The core of the bus without its edge: a clock moved by hand, tokens in order, consumers that note what they get.
import { type BusClock, Deadlines } from '../../../infra/local/service-bus/core/deadlines.ts'
import type { QueueSettings, Surroundings } from '../../../infra/local/service-bus/core/entity.ts'
import { standardLimits } from '../../../infra/local/service-bus/core/limits.ts'
import { type MessageContent, parseMessage } from '../../../infra/local/service-bus/core/message.ts'
import { PlainQueue } from '../../../infra/local/service-bus/core/plain-queue.ts'
import type { QueuedMessage } from '../../../infra/local/service-bus/core/queued-message.ts'
import { type SessionConsumer, SessionQueue } from '../../../infra/local/service-bus/core/session-queue.ts'
import { volatileLedger } from '../../../infra/local/service-bus/journal.ts'

/** Starts at a fixed moment; only `advance` moves it. */
export class ManualClock implements BusClock {
  #nowMs = 1_700_000_000_000
  #timers: { readonly dueMs: number; readonly fire: () => void }[] = []

  now(): number {
    return this.#nowMs
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.length
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const entry = { dueMs: this.#nowMs + delayMs, fire }
    this.#timers.push(entry)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== entry)
    }
  }

  /** Fires what comes due on the way, in order and at its moment. */
  advance(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const next = this.#timers.filter((entry) => entry.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((entry) => entry !== next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.fire()
    }
    this.#nowMs = end
  }
}

/** Lock tokens 1, 2, 3 ... as 32 hex digits. */
export function countingTokens(): () => string {
  let count = 0
  return () => (++count).toString(16).padStart(32, '0')
}

export function surroundings(clock: BusClock): Surroundings {
  return {
    now: () => clock.now(),
    newToken: countingTokens(),
    deadlines: new Deadlines(clock),
    ledger: volatileLedger,
    limits: standardLimits,
  }
}

const text = (value: string) => Buffer.concat([Buffer.from([0xa1, Buffer.byteLength(value)]), Buffer.from(value)])

/** An encoded message with an id, a session and a body of one string. */
export function encoded(fields: { id?: string; session?: string; body?: string; ttlMs?: number } = {}): Buffer {
  const nothing = Buffer.from([0x40])
  const items = [fields.id === undefined ? nothing : text(fields.id), ...Array.from({ length: 9 }, () => nothing)]
  items.push(fields.session === undefined ? nothing : text(fields.session))
  const list = Buffer.concat(items)
  const properties = Buffer.concat([Buffer.from([0, 0x53, 0x73, 0xc0, list.length + 1, items.length]), list])
  const body = Buffer.concat([Buffer.from([0, 0x53, 0x77]), text(fields.body ?? '')])
  if (fields.ttlMs === undefined) return Buffer.concat([properties, body])
  const header = Buffer.from([0, 0x53, 0x70, 0xc0, 8, 3, 0x40, 0x40, 0x70, 0, 0, 0, 0])
  header.writeUInt32BE(fields.ttlMs, 9)
  return Buffer.concat([header, properties, body])
}

export function content(fields: Parameters<typeof encoded>[0] = {}): MessageContent {
  return parseMessage(encoded(fields), () => 'f'.repeat(32))
}

export const settings: QueueSettings = {
  path: 'Q',
  requiresSession: false,
  lockDurationMs: 1_000,
  maxDeliveryCount: 3,
  deadLetterOnExpiry: false,
}

export function plainQueue(clock: BusClock, overrides: Partial<QueueSettings> = {}): PlainQueue {
  const around = surroundings(clock)
  const dead = new PlainQueue(around, { ...settings, path: 'Q/$DeadLetterQueue' }, undefined)
  return new PlainQueue(around, { ...settings, ...overrides }, dead)
}

export function sessionQueue(clock: BusClock, overrides: Partial<QueueSettings> = {}): SessionQueue {
  const around = surroundings(clock)
  const dead = new PlainQueue(around, { ...settings, path: 'Q/$DeadLetterQueue' }, undefined)
  return new SessionQueue(around, { ...settings, requiresSession: true, ...overrides }, dead)
}

/** A consumer that keeps what it gets, with its token, and what it is told. */
export class NotingConsumer implements SessionConsumer {
  readonly name: string
  readonly mode: 'lock' | 'delete'
  room: number
  readonly got: { readonly message: QueuedMessage; readonly token: string }[] = []
  readonly told: string[] = []

  constructor(name = 'link', room = 0, mode: 'lock' | 'delete' = 'lock') {
    this.name = name
    this.room = room
    this.mode = mode
  }

  credit(): number {
    return this.room
  }

  deliver(message: QueuedMessage): void {
    this.room -= 1
    this.got.push({ message, token: message.lock?.token ?? '' })
  }

  granted(sessionId: string): void {
    this.told.push(`granted ${sessionId}`)
  }

  refused(): void {
    this.told.push('refused')
  }

  lost(): void {
    this.told.push('lost')
  }
}
