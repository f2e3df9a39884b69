// An embedded Service Bus with a real Azure SDK client in front, and a clock tests may push forward.
import { ServiceBusClient, type ServiceBusReceivedMessage, type ServiceBusReceiver } from '@azure/service-bus'
import {
  type BusClock,
  type ServiceBus,
  type ServiceBusOptions,
  startServiceBus,
} from '../../infra/local/service-bus/index.ts'

/** Real time plus whatever it was pushed forward; what became due by a push fires before `advance` returns. */
export class ShiftingClock implements BusClock {
  #shiftMs = 0
  readonly #timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>()

  now(): number {
    return Date.now() + this.#shiftMs
  }

  setTimer(delayMs: number, fire: () => void): () => void {
    const entry = {
      dueMs: this.now() + delayMs,
      fire: () => {
        cancel()
        fire()
      },
    }
    const timer = setTimeout(entry.fire, Math.min(delayMs, 2_147_483_647))
    timer.unref()
    const cancel = () => {
      clearTimeout(timer)
      this.#timers.delete(entry)
    }
    this.#timers.add(entry)
    return cancel
  }

  advance(ms: number): void {
    this.#shiftMs += ms
    for (const entry of [...this.#timers]) if (entry.dueMs <= this.now()) entry.fire()
  }
}

/** Fails fast: a test that waits for the SDK's 30 s retries tells nobody what went wrong. */
export const quickRetries = { maxRetries: 0, timeoutInMs: 20_000 } as const

export interface BusWorld {
  readonly bus: ServiceBus
  readonly client: ServiceBusClient
  readonly clock: ShiftingClock
}

/** Starts a bus and a client, runs, and closes both whatever happens. */
export async function withBus(options: ServiceBusOptions, run: (world: BusWorld) => Promise<void>): Promise<void> {
  const clock = new ShiftingClock()
  const bus = await startServiceBus({ clock, ...options })
  const client = new ServiceBusClient(bus.connectionString, { retryOptions: quickRetries })
  try {
    await run({ bus, client, clock })
  } finally {
    await client.close()
    await bus.close()
  }
}

/** Receives exactly one message, or fails with what was expected. */
export async function receiveOne(receiver: ServiceBusReceiver, waitMs = 5_000): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: waitMs })
  if (message === undefined) throw new Error(`no message on ${receiver.entityPath} within ${waitMs} ms`)
  return message
}

/** The `code` of a ServiceBusError, or the name of whatever else was thrown. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'name' in error ? String(error.name) : 'unknown'
}

/** The code a promise rejects with; fails when it does not. */
export async function rejectionCode(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    return errorCode(error)
  }
  throw new Error('a rejection was expected, none came')
}
