// The messages of the pipeline. A message is a hint: it carries a key, never state the store also has.
import { z } from 'zod'

/** `name` of a ClusterResourcePlacement or `namespace/name` of a ResourcePlacement. */
export const PlacementKey = z
  .string()
  .max(320)
  .regex(/^[^/]+(\/[^/]+)?$/, 'expected name or namespace/name')
export type PlacementKey = z.infer<typeof PlacementKey>

/** An object of the hub that changed. */
export const ChangedObject = z.object({
  group: z.string(),
  resource: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  /** The kind of the object; absent when only the object itself is to be looked at. */
  kind: z.string().optional(),
  /** Labels after the change and before it: who selected the object by them must hear. Absent when they are too many. */
  labels: z.array(z.record(z.string(), z.string())).max(2).optional(),
  /** The kind that the object defines; `versions` when it is served in others than before. */
  defines: z.object({ group: z.string(), kind: z.string(), versions: z.boolean() }).optional(),
})
export type ChangedObject = z.infer<typeof ChangedObject>

/** Objects one message may name. */
export const maxChangedObjects = 100

/** A placement to look at again, or objects that changed and may be placed by someone. */
export const ReconcileMessage = z.discriminatedUnion('kind', [
  /** `snapshots`: another client wrote a policy snapshot of it. */
  z.object({ kind: z.literal('placement'), placement: PlacementKey, snapshots: z.boolean().optional() }),
  z.object({ kind: z.literal('objects'), objects: z.array(ChangedObject).min(1).max(maxChangedObjects) }),
])
export type ReconcileMessage = z.infer<typeof ReconcileMessage>

export const PlacementMessage = z.object({ placement: PlacementKey })
export type PlacementMessage = z.infer<typeof PlacementMessage>

/** Work for one cluster: one placement, or (`placement` absent) a look at all of them, continuing behind `after`. */
export const WorkMessage = z.object({
  cluster: z.string(),
  placement: PlacementKey.optional(),
  after: PlacementKey.optional(),
})
export type WorkMessage = z.infer<typeof WorkMessage>

/**
 * Clusters that joined, changed, leave, or are due for a probe. `reschedule` when a change may concern placements, and
 * `changed` then names what of the cluster changed, when that is all.
 */
export const ClusterMessage = z.object({
  clusters: z.array(z.string()).min(1).max(100),
  reschedule: z.boolean().optional(),
  changed: z.array(z.string()).optional(),
})
export type ClusterMessage = z.infer<typeof ClusterMessage>

/** Clusters whose members are watched for what others change there. `sentAt` is epoch milliseconds. */
export const WatchMessage = z.object({
  clusters: z.array(z.string()).min(1).max(100),
  sentAt: z.number().int(),
})
export type WatchMessage = z.infer<typeof WatchMessage>

/** An object that went away or is going: its dependents, its namespace's content, its custom resources need a look. */
export const GarbageMessage = z.object({
  group: z.string(),
  resource: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  uid: z.string(),
})
export type GarbageMessage = z.infer<typeof GarbageMessage>

/** The queues of the hub and what travels on each. All are session queues. */
export const queues = {
  'reconcile-placement': ReconcileMessage,
  'schedule-placement': PlacementMessage,
  'rollout-placement': PlacementMessage,
  'apply-work': WorkMessage,
  'watch-members': WatchMessage,
  'fold-status': PlacementMessage,
  'join-cluster': ClusterMessage,
  'collect-garbage': GarbageMessage,
} as const
export type QueueName = keyof typeof queues
export type MessageBody<Q extends QueueName> = z.infer<(typeof queues)[Q]>

/**
 * A message to send. `notBefore` is epoch milliseconds. `id` lets the bus drop a second one within its duplicate window.
 * `coalesceMs` folds wake-ups of the same body into one at the end of each window of that length.
 */
export interface QueueMessage<Q extends QueueName = QueueName> {
  readonly queue: Q
  readonly session: string
  readonly body: MessageBody<Q>
  readonly id?: string
  readonly notBefore?: number
  readonly coalesceMs?: number
  /** How often this work was put off already; drives the backoff. */
  readonly attempt?: number
}
export type Message = { [Q in QueueName]: QueueMessage<Q> }[QueueName]

/** Clocks of sender and bus may differ by this much. */
const clockMarginMs = 20

/**
 * Resolves `coalesceMs` at the moment of sending, which is after the commit the message tells of: the one message of a
 * window is delivered after the window's end, so whoever handles it reads everything committed before any of them was sent.
 */
export function atSending(message: Message, now: number): Message {
  const { coalesceMs } = message
  if (coalesceMs === undefined) return message
  const window = Math.floor(now / coalesceMs)
  return {
    ...message,
    id: `${message.queue}:${message.session}:${JSON.stringify(message.body)}:${window}`,
    notBefore: Math.max(message.notBefore ?? 0, (window + 1) * coalesceMs + clockMarginMs),
  }
}
