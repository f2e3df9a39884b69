// What is measured, alike on every server: each operation is a number of requests, some at once, timed one by one.
import { type ApiClient, configMap } from './client.ts'

export interface Measured {
  readonly operation: string
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const namespace = 'bench'
const maps = `/api/v1/namespaces/${namespace}/configmaps`
/** Requests under way at once where an operation is measured for its throughput. */
const atOnce = 8
const listed = 1_000
const watchers = 50

/** Every operation in turn; the first ones make the objects that the later ones use. */
export async function measureOperations(client: ApiClient): Promise<Measured[]> {
  await client.send('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  const name = (index: number): string => `map-${String(index).padStart(5, '0')}`
  await timed('warm', 200, atOnce, (index) => client.send('POST', maps, configMap(`warm-${index}`)))
  await timed('warm', 200, atOnce, (index) => client.send('DELETE', `${maps}/warm-${index}`))
  const create = await timed('create', listed, atOnce, (index) => client.send('POST', maps, configMap(name(index))))
  await timed('warm', 500, atOnce, (index) => client.send('GET', `${maps}/${name(index)}`))
  const get = await timed('get', 2_000, atOnce, (index) => client.send('GET', `${maps}/${name(index % listed)}`))
  const update = await timed('update', 500, atOnce, (index) =>
    client.send('PUT', `${maps}/${name(index)}`, configMap(name(index), 1)),
  )
  const apply = await timed('server-side apply', 500, atOnce, (index) =>
    client.send(
      'PATCH',
      `${maps}/${name(index)}?fieldManager=bench&force=true`,
      configMap(name(index), 2),
      'application/apply-patch+yaml',
    ),
  )
  await client.send('GET', maps)
  const list = await timed(`list of ${listed}`, 30, 1, () => client.send('GET', maps))
  return [get, list, create, update, apply, await fanOut(client, name)]
}

async function timed(
  operation: string,
  count: number,
  parallel: number,
  work: (index: number) => Promise<unknown>,
): Promise<Measured> {
  const samples: number[] = []
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < count) {
        const index = next
        next += 1
        const began = performance.now()
        await work(index)
        samples.push(performance.now() - began)
      }
    }),
  )
  return summary(operation, samples, performance.now() - start)
}

/** One change at a time, until the last of the watchers has it. */
async function fanOut(client: ApiClient, name: (index: number) => string): Promise<Measured> {
  let seen = 0
  let all = Promise.withResolvers<void>()
  await followAll(client, () => {
    seen += 1
    if (seen === watchers) all.resolve()
  })
  const samples: number[] = []
  const start = performance.now()
  for (let change = 0; change < 40; change += 1) {
    seen = 0
    all = Promise.withResolvers<void>()
    const began = performance.now()
    await client.send('PUT', `${maps}/${name(change)}`, configMap(name(change), 3 + change))
    await all.promise
    samples.push(performance.now() - began)
  }
  return summary(`change to ${watchers} watchers`, samples, performance.now() - start)
}

/** Opens the watchers, each on a connection of its own, and resolves once the server has answered all of them. */
export async function followAll(client: ApiClient, onEvent: () => void): Promise<void> {
  const list = JSON.parse(await client.send('GET', `${maps}?limit=1`)) as { metadata: { resourceVersion: string } }
  const path = `${maps}?watch=true&resourceVersion=${list.metadata.resourceVersion}`
  const onLine = (line: string): void => {
    if (line.includes('"MODIFIED"')) onEvent()
  }
  await Promise.all(Array.from({ length: watchers }, () => client.follow(path, onLine)))
}

function summary(operation: string, samples: readonly number[], totalMs: number): Measured {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return { operation, perSecond: (samples.length * 1_000) / totalMs, p50Ms: at(0.5), p99Ms: at(0.99) }
}
