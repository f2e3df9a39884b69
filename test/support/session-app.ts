// A function app that only counts what its session queue brings.
import { app } from '@azure/functions'
import { delivered } from './session-app-record.ts'

app.serviceBusQueue('apply-work', {
  connection: 'ServiceBusConnection',
  queueName: 'apply-work',
  isSessionsEnabled: true,
  handler: async (message, context) => {
    const { fail } = message as { fail?: boolean }
    delivered.running += 1
    delivered.mostAtOnce = Math.max(delivered.mostAtOnce, delivered.running)
    // A turn of the event loop, so that handlers of several sessions can overlap.
    await new Promise((resolve) => setImmediate(resolve))
    delivered.running -= 1
    const { sessionId, deliveryCount } = context.triggerMetadata ?? {}
    delivered.messages.push({ session: String(sessionId), message, attempt: Number(deliveryCount) })
    delivered.changed?.()
    if (fail) throw new Error('on purpose')
  },
})
