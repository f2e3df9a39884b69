// Collects what depended on an object that went away, slice by slice.
import type { GarbageMessage, Message } from '../api/message.ts'
import type { Platform } from './platform.ts'
import { sessionOf } from './wake.ts'

type Needs = Pick<Platform, 'garbage' | 'bus' | 'clock'>

export async function collectGarbage({ garbage, bus, clock }: Needs, message: GarbageMessage): Promise<void> {
  const outcome = await garbage.collect(message)
  if (outcome === 'done') return
  const again: Message = {
    queue: 'collect-garbage',
    session: sessionOf(message.uid),
    body: message,
    notBefore: clock.now() + outcome.again,
  }
  await bus.send([again])
}
