// A bus in a process of its own, so that a test can kill it. Arguments: journal file, entities as JSON. Prints its
// connection string, then serves until it is killed.
import { startServiceBus } from '../../infra/local/service-bus/index.ts'
import { sqliteJournal } from '../../infra/local/service-bus/sqlite-journal.ts'

const [file, entities] = process.argv.slice(2)
if (file === undefined || entities === undefined)
  throw new Error('usage: service-bus-process.ts <journal file> <entities>')
const bus = await startServiceBus({ entities: JSON.parse(entities), journal: sqliteJournal(file) })
console.log(bus.connectionString)
