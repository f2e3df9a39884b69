// A fresh process: how long the bundle takes to import, and how long until the first request is answered.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startBacking } from '../../infra/local/backing/start-backing.ts'
import { startFunctionsHost } from '../../infra/local/functions-host/start-functions-host.ts'

const run = promisify(execFile)
const bundle = `${process.cwd()}/dist/main.js`

/** In this process: host and app against tables and messages that are there already. */
export async function firstAnswer(tables: string, bus: string): Promise<{ importMs: number; firstAnswerMs: number }> {
  Object.assign(process.env, {
    TablesConnectionString: tables,
    ServiceBusConnection: bus,
    HUBLESS_AUTH: 'loopback',
    HUBLESS_LOG: 'silent',
    ...Object.fromEntries(
      ['RELAY', 'PROBE', 'SWEEP', 'RESYNC'].map((name) => [`HUBLESS_${name}_SCHEDULE`, '0 0 0 1 1 *']),
    ),
  })
  const start = performance.now()
  const host = await startFunctionsHost({ entry: bundle, hostJson: `${process.cwd()}/host.json`, port: 0 })
  const importMs = performance.now() - start
  await (await fetch(`${host.url}/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements`)).text()
  return { importMs, firstAnswerMs: performance.now() - start }
}

/** Several fresh processes, one after the other. */
export async function coldStart(times: number): Promise<{ importMs: number[]; firstAnswerMs: number[] }> {
  await run(process.execPath, ['infra/tooling/build.ts'])
  const backing = await startBacking()
  const samples = []
  for (let time = 0; time < times; time += 1) {
    const { stdout } = await run(process.execPath, [import.meta.filename, backing.tables, backing.bus])
    samples.push(JSON.parse(stdout) as { importMs: number; firstAnswerMs: number })
  }
  await backing.close()
  return {
    importMs: samples.map(({ importMs }) => importMs),
    firstAnswerMs: samples.map(({ firstAnswerMs }) => firstAnswerMs),
  }
}

if (import.meta.main) {
  const [, , tables = '', bus = ''] = process.argv
  console.log(JSON.stringify(await firstAnswer(tables, bus)))
  process.exit(0)
}
