// What one request costs the hub: table operations and messages of each verb, on the local platform without members.
import type { LocalPlatform } from '../../../infra/local/platform.ts'
import { startPlatform } from '../../../infra/local/platform.ts'
import { type ApiClient, apiClient, configMap } from './client.ts'

export interface VerbCost {
  readonly verb: string
  readonly reads: number
  readonly transactions: number
  readonly messages: number
}

const maps = '/api/v1/namespaces/counted/configmaps'
const listed = 1_000
const each = 50

/** Means per request. Timers are off, so that nothing else uses the store. */
export async function countVerbs(): Promise<VerbCost[]> {
  const never = '0 0 0 1 1 *'
  const timers = ['RELAY', 'PROBE', 'SWEEP', 'RESYNC'].map((name) => [`HUBLESS_${name}_SCHEDULE`, never])
  const platform = await startPlatform({ settings: { HUBLESS_LOG: 'silent', ...Object.fromEntries(timers) } })
  const client = apiClient({ url: platform.url, pids: [] })
  const costs = await count(platform, client)
  client.close()
  await platform.stop()
  return costs
}

async function count(platform: LocalPlatform, client: ApiClient): Promise<VerbCost[]> {
  await client.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'counted' },
  })
  for (let index = 0; index < listed; index += 1) await client.send('POST', maps, configMap(`map-${index}`))
  const cost = async (verb: string, times: number, work: (index: number) => Promise<unknown>): Promise<VerbCost> => {
    await settled(platform)
    const before = await totals(platform)
    for (let index = 0; index < times; index += 1) await work(index)
    await settled(platform)
    const after = await totals(platform)
    const mean = (key: keyof typeof after): number => Math.round(((after[key] - before[key]) / times) * 100) / 100
    return { verb, reads: mean('reads'), transactions: mean('transactions'), messages: mean('messages') }
  }
  return [
    await cost('get', each, (index) => client.send('GET', `${maps}/map-${index}`)),
    await cost(`list of ${listed}`, 10, () => client.send('GET', maps)),
    await cost('create', each, (index) => client.send('POST', maps, configMap(`more-${index}`))),
    await cost('update', each, (index) => client.send('PUT', `${maps}/map-${index}`, configMap(`map-${index}`, 1))),
    await cost('delete', each, (index) => client.send('DELETE', `${maps}/more-${index}`)),
  ]
}

async function totals({ backing }: LocalPlatform): Promise<{ reads: number; transactions: number; messages: number }> {
  const { tables, bus } = await backing.stats()
  return {
    reads: tables.get + tables.query,
    transactions: tables.write + tables.transaction,
    messages: Object.values(bus).reduce((sum, { sends }) => sum + sends, 0),
  }
}

/** Resolves once the counters stand still: what a write set off has ended. */
async function settled(platform: LocalPlatform): Promise<void> {
  let last = ''
  for (;;) {
    const now = JSON.stringify(await totals(platform))
    if (now === last) return
    last = now
    await new Promise((resolve) => setTimeout(resolve, 700))
  }
}
