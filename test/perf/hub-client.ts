// A small client of the hub for measurements: plain fetch, one watch that tells when each placement is Available.
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { asText } from './text.ts'

export interface BenchClient {
  create(path: string, object: unknown): Promise<void>
  merge(path: string, patch: unknown): Promise<void>
  remove(path: string): Promise<void>
  /** Resolves with the moment (performance.now) a placement was seen to satisfy a test. */
  until(placement: string, test: (object: KubeObject | undefined) => boolean): Promise<number>
  close(): void
}

interface WatchEvent {
  readonly type: string
  readonly object: KubeObject
}

export const placements = '/apis/placement.kubernetes-fleet.io/v1beta1/clusterresourceplacements'
export const memberClusters = '/apis/cluster.kubernetes-fleet.io/v1beta1/memberclusters'

export async function benchClient(url: string, watched: string = placements): Promise<BenchClient> {
  const stop = new AbortController()
  const known = new Map<string, KubeObject>()
  const waiting = new Set<() => void>()
  const list = (await (await fetch(url + watched)).json()) as {
    metadata: { resourceVersion: string }
    items: KubeObject[]
  }
  for (const item of list.items) known.set(item.metadata.name ?? '', item)
  void follow(list.metadata.resourceVersion)

  /** Watch after watch, until closed. */
  async function follow(version: string): Promise<void> {
    let from = version
    while (!stop.signal.aborted) {
      try {
        const answer = await fetch(`${url}${watched}?watch=true&resourceVersion=${from}`, { signal: stop.signal })
        for await (const line of asText.lines(answer.body)) from = take(JSON.parse(line) as WatchEvent) ?? from
      } catch (error) {
        if (!stop.signal.aborted) throw error
      }
    }
  }

  function take({ type, object }: WatchEvent): string | undefined {
    const name = object.metadata.name ?? ''
    if (type === 'DELETED') known.delete(name)
    else known.set(name, object)
    for (const wake of waiting) wake()
    return object.metadata.resourceVersion
  }

  async function send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<void> {
    const init =
      body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': type } }
    const answer = await fetch(url + path, init)
    const text = await answer.text()
    if (!answer.ok && answer.status !== 409)
      throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`)
  }

  return {
    create: (path, object) => send('POST', path, object),
    merge: (path, patch) => send('PATCH', path, patch, 'application/merge-patch+json'),
    remove: (path) => send('DELETE', path),
    until: (name, test) =>
      new Promise((resolve) => {
        const look = () => {
          if (!test(known.get(name))) return
          waiting.delete(look)
          resolve(performance.now())
        }
        waiting.add(look)
        look()
      }),
    close: () => stop.abort(),
  }
}

export function isTrue(object: KubeObject | undefined, type: string): boolean {
  const status = object?.['status'] as
    | { conditions?: { type: string; status: string; observedGeneration?: number }[] }
    | undefined
  const found = status?.conditions?.find((condition) => condition.type === type)
  return (
    found?.status === 'True' &&
    (found.observedGeneration ?? object?.metadata.generation) === object?.metadata.generation
  )
}
