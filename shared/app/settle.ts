// What becomes of a message whose work failed: it comes back later, or it is parked where people can see it. Never lost,
// and never blocking the session behind it.
import type { Message, QueueName } from '../api/message.ts'
import { ConflictError, errorMessage, TransientError } from '../errors.ts'
import { rfc3339 } from './commit.ts'
import { types } from './fleet-lists.ts'
import { fleetNamespace } from './member-access.ts'
import type { Platform } from './platform.ts'

/** Wait before the second try, and at most. */
const backoff = { firstMs: 500, maxMs: 60_000 }
/** Unknown failures are tried this often before the message is parked. Transient ones never are. */
const attempts = 8

type Needs = Pick<Platform, 'bus' | 'objects' | 'clock' | 'ids' | 'log'>

/** Settles a failed message; resolves when its copy or its parking note is durable, so the original may be completed. */
export async function settleFailure(platform: Needs, message: Message, error: unknown): Promise<void> {
  const attempt = (message.attempt ?? 0) + 1
  const heals = error instanceof TransientError || error instanceof ConflictError
  const fields = { queue: message.queue, attempt, error: errorMessage(error) }
  if (!heals && attempt >= attempts) {
    platform.log.error('a message is parked', fields)
    return park(platform, message.queue, JSON.stringify(message.body), errorMessage(error))
  }
  platform.log.warn('work is put off', fields)
  await platform.bus.send([later(message, attempt, platform.clock.now() + delay(error, attempt))])
}

/** A copy for later. A new id, or duplicate detection would swallow it. */
function later(message: Message, attempt: number, notBefore: number): Message {
  const { id: _, coalesceMs: __, ...rest } = message
  return { ...rest, attempt, notBefore } as Message
}

function delay(error: unknown, attempt: number): number {
  const hint = error instanceof TransientError ? error.retryAfterMs : undefined
  return Math.min(backoff.maxMs, hint ?? backoff.firstMs * 2 ** Math.min(attempt - 1, 10))
}

/** Shows a message nobody could handle as an Event in the fleet's namespace: `kubectl get events -n fleet-system`. */
export async function park(platform: Needs, queue: QueueName, body: string, reason: string): Promise<void> {
  const now = rfc3339(platform.clock.now())
  const name = `${queue}.${platform.ids.uuid()}`
  await platform.objects.write(types.event, {
    key: { namespace: fleetNamespace, name },
    expect: 'absent',
    object: {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: fleetNamespace, uid: platform.ids.uuid(), creationTimestamp: now },
      involvedObject: { kind: 'Namespace', name: fleetNamespace, namespace: fleetNamespace, apiVersion: 'v1' },
      type: 'Warning',
      reason: 'MessageParked',
      message: `A message on queue ${queue} could not be handled: ${reason}. Its body: ${body.slice(0, 512)}`,
      source: { component: 'hubless' },
      reportingComponent: 'hubless',
      reportingInstance: '',
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    },
  })
}
