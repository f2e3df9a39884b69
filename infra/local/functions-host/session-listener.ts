// Session triggers: accepts sessions of one entity and works each off, one message at a time, several sessions at once.
import type { ServiceBusReceivedMessage } from '@azure/service-bus'
import { errorMessage } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { BusClient, EntityName, SessionReceiver } from './bus-seam.ts'
import type { HostSettings } from './host-json.ts'
import type { HostLog } from './invoker.ts'

export interface ListenerOptions {
  readonly name: string
  readonly entity: EntityName
  readonly client: BusClient
  readonly settings: HostSettings['serviceBus']
  readonly clock: Clock
  readonly log: HostLog
  /** Runs the function; a rejection gives the message back. */
  readonly handle: (message: ServiceBusReceivedMessage) => Promise<void>
}

export interface Listener {
  /** Takes no further message and resolves once the messages in hand are settled. */
  stop(): Promise<void>
}

/** Waits after a failed accept, doubling up to the second figure, in milliseconds. */
const retryDelaysMs = [100, 5_000] as const

/**
 * Keeps one accept waiting at the broker while fewer than `maxConcurrentSessions` sessions are held. The broker answers
 * it when a session has a message, so an idle queue costs one request a try timeout.
 */
export function startSessionListener(options: ListenerOptions): Listener {
  const { name, settings, clock, log } = options
  const stopped = new AbortController()
  const sessions = new Set<Promise<void>>()
  let failures = 0

  const loop = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      if (sessions.size >= settings.maxConcurrentSessions) {
        await Promise.race(sessions)
        continue
      }
      const receiver = await accept()
      if (!receiver) continue
      const session = workOff(options, receiver, stopped.signal).finally(() => sessions.delete(session))
      sessions.add(session)
    }
  }

  const acceptNext = (): Promise<SessionReceiver> =>
    options.client.acceptNextSession(options.entity, {
      maxAutoLockRenewalDurationInMs: settings.maxAutoLockRenewalDurationMs,
      skipParsingBodyAsJson: true,
    })

  const accept = async (): Promise<SessionReceiver | undefined> => {
    try {
      const receiver = await unlessAborted(acceptNext(), stopped.signal)
      failures = 0
      return receiver
    } catch (error) {
      if (stopped.signal.aborted) return undefined
      if (isNothingThere(error)) {
        failures = 0
        return undefined
      }
      const [first, longest] = retryDelaysMs
      const delay = Math.min(longest, first * 2 ** failures)
      failures += 1
      log({
        level: 'warning',
        category: 'system',
        function: name,
        message: `accepting a session: ${errorMessage(error)}; again in ${delay} ms`,
      })
      await clock.sleep(delay, stopped.signal).catch(() => {})
      return undefined
    }
  }

  const running = loop()
  return {
    stop: async () => {
      stopped.abort()
      await running
      await Promise.all(sessions)
    },
  }
}

/**
 * The SDK cannot take an accept back before its time is over. A stopping host does not wait for that; a session that
 * comes too late is let go at once.
 */
function unlessAborted(accepting: Promise<SessionReceiver>, signal: AbortSignal): Promise<SessionReceiver> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => {
      reject(signal.reason)
      accepting.then((receiver) => receiver.close()).catch(() => {})
    }
    if (signal.aborted) return abandon()
    signal.addEventListener('abort', abandon, { once: true })
    accepting.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon))
  })
}

/** The SDK's words for an accept that found no session with a message. */
function isNothingThere(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return code === 'ServiceTimeout' || code === 'SessionCannotBeLocked'
}

/** Works a session off until it is idle, its lock is lost or the host stops. Never rejects. */
async function workOff(options: ListenerOptions, receiver: SessionReceiver, signal: AbortSignal): Promise<void> {
  const { name, settings, log } = options
  try {
    while (!signal.aborted) {
      const [message] = await receiver.receiveMessages(1, {
        maxWaitTimeInMs: settings.sessionIdleTimeoutMs,
        abortSignal: signal,
      })
      if (!message) break
      await settle(options, receiver, message)
    }
  } catch (error) {
    if (!signal.aborted) {
      log({
        level: 'warning',
        category: 'system',
        function: name,
        message: `session ${receiver.sessionId}: ${errorMessage(error)}`,
      })
    }
  } finally {
    await receiver.close().catch(() => {})
  }
}

async function settle(
  { handle }: ListenerOptions,
  receiver: SessionReceiver,
  message: ServiceBusReceivedMessage,
): Promise<void> {
  const handled = await handle(message).then(
    () => true,
    () => false,
  )
  if (handled) await receiver.completeMessage(message)
  else await receiver.abandonMessage(message)
}
