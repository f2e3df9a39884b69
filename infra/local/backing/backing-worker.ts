// Tables and messages in a thread of their own: in the cloud they are other machines, here the other core.
import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { errorMessage } from '../../../shared/errors.ts'
import { entities } from '../entities.ts'
import { startServiceBus } from '../service-bus/index.ts'
import { sqliteJournal } from '../service-bus/sqlite-journal.ts'
import { startTables } from '../table/start-tables.ts'
import type { BackingAnswer } from './start-backing.ts'

const Data = z.object({ tablesPath: z.string().optional(), journalPath: z.string().optional() })
const Question = z.enum(['stats', 'close'])

const { tablesPath, journalPath } = Data.parse(workerData)
const answer = (message: BackingAnswer) => parentPort?.postMessage(message)

try {
  const tables = await startTables(tablesPath === undefined ? {} : { path: tablesPath })
  const bus = await startServiceBus({
    entities,
    ...(journalPath === undefined ? {} : { journal: sqliteJournal(journalPath) }),
  })
  parentPort?.on('message', async (message: unknown) => {
    if (Question.parse(message) === 'stats') return answer({ kind: 'stats', tables: tables.stats(), bus: bus.stats() })
    await bus.close()
    await tables.close()
    answer({ kind: 'closed' })
    parentPort?.close()
  })
  answer({ kind: 'started', tables: tables.connectionString, bus: bus.connectionString })
} catch (error) {
  answer({ kind: 'failed', message: errorMessage(error) })
  parentPort?.close()
}
