// What a bus is told to hold: its queues, topics, subscriptions and rules. Entities are declared at start, not created later.
import { z } from 'zod'
import { InvalidInputError } from '../../../shared/errors.ts'

const entityName = z
  .string()
  .min(1)
  .max(260)
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._~/-]*[A-Za-z0-9_])?$/, 'letters, digits and . _ ~ / - are allowed')
const childName = z
  .string()
  .min(1)
  .max(50)
  .regex(/^[A-Za-z0-9$](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/, 'letters, digits and . _ - are allowed')

/** A lock is 5 s to 5 min in Azure; shorter ones are allowed here so that tests need not wait. */
const lockDurationMs = z.number().int().min(1).max(300_000).default(60_000)
const maxDeliveryCount = z.number().int().min(1).max(2_000).default(10)
const timeToLiveMs = z.number().int().min(1).optional()
/** At most 7 days. Azure's least is 20 s; shorter ones are allowed for tests. */
const duplicateWindowMs = z.number().int().min(1).max(604_800_000).default(600_000)

const receiving = {
  requiresSession: z.boolean().default(false),
  lockDurationMs,
  maxDeliveryCount,
  defaultTtlMs: timeToLiveMs,
  deadLetterOnExpiry: z.boolean().default(false),
}

export const QueueDeclaration = z.strictObject({
  name: entityName,
  ...receiving,
  requiresDuplicateDetection: z.boolean().default(false),
  duplicateWindowMs,
})

const propertyValue = z.union([z.string(), z.number(), z.boolean()])
export const RuleDeclaration = z.strictObject({
  name: childName,
  filter: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('true') }),
    z.strictObject({ kind: z.literal('false') }),
    z.strictObject({ kind: z.literal('sql'), expression: z.string().min(1) }),
    z.strictObject({
      kind: z.literal('correlation'),
      correlationId: z.string().optional(),
      messageId: z.string().optional(),
      to: z.string().optional(),
      replyTo: z.string().optional(),
      subject: z.string().optional(),
      sessionId: z.string().optional(),
      replyToSessionId: z.string().optional(),
      contentType: z.string().optional(),
      properties: z.record(z.string(), propertyValue).optional(),
    }),
  ]),
})

/** Without rules a subscription takes every message. */
export const SubscriptionDeclaration = z.strictObject({
  name: childName,
  ...receiving,
  rules: z.array(RuleDeclaration).optional(),
})

export const TopicDeclaration = z.strictObject({
  name: entityName,
  requiresDuplicateDetection: z.boolean().default(false),
  duplicateWindowMs,
  defaultTtlMs: timeToLiveMs,
  subscriptions: z.array(SubscriptionDeclaration).max(2_000).default([]),
})

export const Entities = z.strictObject({
  queues: z.array(QueueDeclaration).default([]),
  topics: z.array(TopicDeclaration).default([]),
})
export type Entities = z.input<typeof Entities>
export type ResolvedEntities = z.output<typeof Entities>

/** Fills in the defaults of the service. Throws InvalidInputError that names each wrong field, or a name used twice. */
export function resolveEntities(entities: Entities): ResolvedEntities {
  const parsed = Entities.safeParse(entities)
  if (!parsed.success) throw new InvalidInputError(`the declared entities are wrong: ${z.prettifyError(parsed.error)}`)
  const names = [...parsed.data.queues, ...parsed.data.topics].map((entity) => entity.name.toLowerCase())
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new InvalidInputError(`the entity '${twice}' is declared twice`)
  return parsed.data
}
