// A process of its own that serves tables from the file it is given, for tests that kill it.
import { startTables } from '../../infra/local/table/start-tables.ts'

const path = process.argv[2]
if (path === undefined) throw new Error('which file?')
console.log((await startTables({ path })).connectionString)
