// The same request to a real API server and to the hub's, and their answers as lines that can be compared.
import { setTimeout as delay } from 'node:timers/promises'
import type { Json, JsonObject } from '../../../../shared/api/json.ts'
import { canonicalJson } from '../../../../shared/apiserver/schema/json-value.ts'
import { startControlPlanes } from '../../../support/control-plane.ts'
import { type KubeAnswer, kubeHttp } from '../../../support/kube-http.ts'
import { serveApi } from '../../../support/serve-api.ts'

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export interface Answers {
  readonly real: KubeAnswer
  readonly hub: KubeAnswer
}

export interface BothServers extends AsyncDisposable {
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<Answers>
  /** PUT of each server's own object with another spec. */
  replaceSpec(path: string, spec: JsonObject, query?: string): Promise<Answers>
  /** Waits until both serve a path. */
  served(path: string): Promise<void>
}

export async function startBothServers(): Promise<BothServers> {
  const planes = await startControlPlanes([{ name: 'real', controllers: [] }])
  const real = kubeHttp(planes.cluster('real'))
  const hub = await serveApi()
  const callHub = async (method: string, path: string, body?: unknown, type = 'application/json') => {
    const headers = { accept: 'application/json', 'content-type': type }
    const response = await hub.api.handle(
      new Request(`${hub.url}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
    )
    const text = await response.text()
    return { code: response.status, body: (text.startsWith('{') ? JSON.parse(text) : { message: text }) as JsonObject }
  }
  const call: BothServers['call'] = async (method, path, body, type) => {
    const [theirs, ours] = await Promise.all([real.call(method, path, body, type), callHub(method, path, body, type)])
    return { real: theirs, hub: ours }
  }
  return {
    call,
    async replaceSpec(path, spec, query = '') {
      const before = await call('GET', path)
      const [theirs, ours] = await Promise.all([
        real.call('PUT', `${path}${query}`, { ...before.real.body, spec }),
        callHub('PUT', `${path}${query}`, { ...before.hub.body, spec }),
      ])
      return { real: theirs, hub: ours }
    },
    async served(path) {
      for (let tries = 0; tries < 200; tries += 1) {
        const { real: theirs, hub: ours } = await call('GET', path)
        if (theirs.code === 200 && ours.code === 200) return
        await delay(50)
      }
      throw new Error(`${path} was not served in time`)
    },
    async [Symbol.asyncDispose]() {
      await hub.close()
      real[Symbol.dispose]()
      await planes.stop()
    },
  }
}

interface Cause {
  readonly field?: string
  readonly reason?: string
  readonly message?: string
}

/** What an answer says: its code, then the spec it shows or each complaint, sorted. `words` may drop what is a compiler's own wording. */
export function linesOf({ code, body }: KubeAnswer, words = (text: string) => text): readonly string[] {
  if (code < 300) return [String(code), canonicalJson((body as JsonObject)['spec'] as Json)]
  const causes = (body['details'] as { causes?: readonly Cause[] } | undefined)?.causes
  if (causes === undefined) return [String(code), words(String(body['message']))]
  const lines = causes.map(({ field, reason, message }) => `${field} | ${reason} | ${words(message ?? '')}`)
  return [String(code), ...lines.sort()]
}

/** A definition of `things` in `group`, whose spec has this schema. */
export function definitionOf(spec: JsonObject, group = 'demo.io'): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  }
}
