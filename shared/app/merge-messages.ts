// Messages that leave together: what several changed objects have to say is said once.
import { type ChangedObject, type Message, maxChangedObjects } from '../api/message.ts'

/**
 * The same news in fewer messages: changed objects share messages of up to 100 objects each, and of messages that are
 * alike one is left. A message with an id or a time of its own stays as it is.
 */
export function mergeMessages(messages: readonly Message[]): Message[] {
  const kept = new Map<string, Message>()
  const objects = new Map<string, ChangedObject>()
  let carrier: Message | undefined
  for (const message of messages) {
    if (carriesObjects(message)) {
      carrier ??= message
      for (const object of message.body.objects) objects.set(JSON.stringify(object), object)
    } else kept.set(JSON.stringify(message), message)
  }
  return [...(carrier ? inParts(carrier, [...objects.values()]) : []), ...kept.values()]
}

type ObjectsMessage = Extract<Message, { queue: 'reconcile-placement' }> & {
  readonly body: { readonly kind: 'objects' }
}

function carriesObjects(message: Message): message is ObjectsMessage {
  return (
    message.queue === 'reconcile-placement' &&
    message.body.kind === 'objects' &&
    message.id === undefined &&
    message.notBefore === undefined &&
    message.coalesceMs === undefined &&
    message.attempt === undefined
  )
}

function inParts(carrier: Message, objects: readonly ChangedObject[]): Message[] {
  const parts: Message[] = []
  for (let start = 0; start < objects.length; start += maxChangedObjects) {
    const body = { kind: 'objects' as const, objects: objects.slice(start, start + maxChangedObjects) }
    parts.push({ queue: 'reconcile-placement', session: carrier.session, body })
  }
  return parts
}
