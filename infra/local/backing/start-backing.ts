// Starts the thread that holds tables and messages, and talks to it.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { InvalidInputError } from '../../../shared/errors.ts'
import type { ServiceBus } from '../service-bus/index.ts'
import type { Tables } from '../table/start-tables.ts'

export interface BackingStats {
  readonly tables: ReturnType<Tables['stats']>
  readonly bus: ReturnType<ServiceBus['stats']>
}

export type BackingAnswer =
  | { readonly kind: 'started'; readonly tables: string; readonly bus: string }
  | ({ readonly kind: 'stats' } & BackingStats)
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string }

export interface Backing {
  /** Connection strings for the Azure SDKs. */
  readonly tables: string
  readonly bus: string
  stats(): Promise<BackingStats>
  close(): Promise<void>
}

/** Paths are SQLite files; without them everything lives in memory. Throws InvalidInputError when a file cannot be used. */
export async function startBacking(paths: { tablesPath?: string; journalPath?: string } = {}): Promise<Backing> {
  const worker = new Worker(new URL('./backing-worker.ts', import.meta.url), { workerData: paths })
  const next = async (): Promise<BackingAnswer> => {
    const [message] = (await once(worker, 'message')) as [BackingAnswer]
    return message
  }
  const first = await next()
  if (first.kind !== 'started') {
    await worker.terminate()
    throw new InvalidInputError(first.kind === 'failed' ? first.message : 'tables and messages did not start')
  }
  // Questions are asked one at a time, so that each gets its own answer.
  let asking: Promise<unknown> = Promise.resolve()
  const ask = (question: 'stats' | 'close'): Promise<BackingAnswer> => {
    const asked = asking.then(() => {
      const answer = next()
      worker.postMessage(question)
      return answer
    })
    asking = asked.catch(() => undefined)
    return asked
  }
  return {
    tables: first.tables,
    bus: first.bus,
    stats: async () => {
      const answer = await ask('stats')
      if (answer.kind !== 'stats') throw new InvalidInputError('the thread of tables and messages is ending')
      return { tables: answer.tables, bus: answer.bus }
    },
    close: async () => {
      await ask('close')
      await worker.terminate()
    },
  }
}
