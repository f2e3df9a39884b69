// What every queue function does around its one use case: parse, run, settle. A message that does not parse is parked,
// one whose work failed comes back later or is parked; the trigger itself always completes.
import type { InvocationContext } from '@azure/functions'
import { type Message, type MessageBody, type QueueName, queues } from '../../shared/api/message.ts'
import type { Platform } from '../../shared/app/platform.ts'
import { park, settleFailure } from '../../shared/app/settle.ts'
import { getContext } from '../context.ts'
import type { QueueFunction } from '../define.ts'

/** Defines the function of a queue by its use case. */
export function queueFunction<Q extends QueueName>(
  name: Q,
  useCase: (platform: Platform, body: MessageBody<Q>) => Promise<void>,
): QueueFunction {
  return {
    trigger: 'queue',
    name,
    async handler(message, invocation) {
      const { platform, publisher } = await getContext()
      await publisher.during(() => handle(platform, name, message, invocation, useCase))
    },
  }
}

async function handle<Q extends QueueName>(
  platform: Platform,
  name: Q,
  message: unknown,
  invocation: InvocationContext,
  useCase: (platform: Platform, body: MessageBody<Q>) => Promise<void>,
): Promise<void> {
  const parsed = queues[name].safeParse(message)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message: text }) => `${path.join('.') || 'body'}: ${text}`)
    return park(platform, name, JSON.stringify(message) ?? 'nothing', issues.join('; '))
  }
  const body = parsed.data as MessageBody<Q>
  return run(platform, envelope(name, body, invocation), () => useCase(platform, body))
}

async function run(platform: Platform, message: Message, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await settleFailure(platform, message, error)
  }
}

function envelope<Q extends QueueName>(
  queue: Q,
  body: MessageBody<Q>,
  { triggerMetadata }: InvocationContext,
): Message {
  const properties: unknown = triggerMetadata?.['applicationProperties'] ?? triggerMetadata?.['userProperties']
  const attempt: unknown =
    typeof properties === 'object' && properties !== null ? Reflect.get(properties, 'attempt') : 0
  const session = triggerMetadata?.['sessionId']
  return {
    queue,
    body,
    session: typeof session === 'string' ? session : '',
    attempt: typeof attempt === 'number' ? attempt : 0,
  } as Message
}
