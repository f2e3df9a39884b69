// Payloads in a map.
import { createHash } from 'node:crypto'
import { NotFoundError } from '../../errors.ts'
import type { PayloadStore } from '../../ports/payload-store.ts'

export class MemoryPayloadStore implements PayloadStore {
  readonly #texts = new Map<string, string>()

  async put(text: string): Promise<string> {
    const hash = createHash('sha256').update(text).digest('hex')
    this.#texts.set(hash, text)
    return hash
  }

  async get(hash: string): Promise<string> {
    const text = this.#texts.get(hash)
    if (text === undefined) throw new NotFoundError(`no payload with hash ${hash} was ever stored`)
    return text
  }
}
