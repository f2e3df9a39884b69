// The Service Bus entities of the local platform, taken from the queues the contract names. The cloud's template says the
// same in its own words.
import { type QueueName, queues } from '../../shared/api/message.ts'
import type { Entities } from './service-bus/index.ts'

/** Name of the topic that carries status events for consumers outside the hub. */
export const statusTopic = 'status'

/** A second message with the same id within this time is dropped. Service Bus allows 20 s to 7 days. */
const duplicateWindowMs = 30_000
/** Service Bus's default; the host renews it while a message is worked on. */
const lockDurationMs = 60_000
/** Service Bus's default; then the message is dead-lettered. */
const maxDeliveryCount = 10

const queueNames = Object.keys(queues) as QueueName[]

/** One session queue for each queue of the contract, and the status topic, which has no subscription of its own. */
export const entities: Entities = {
  queues: queueNames.map((name) => ({
    name,
    requiresSession: true,
    requiresDuplicateDetection: true,
    duplicateWindowMs,
    lockDurationMs,
    maxDeliveryCount,
  })),
  topics: [{ name: statusTopic, requiresDuplicateDetection: true, duplicateWindowMs }],
}
