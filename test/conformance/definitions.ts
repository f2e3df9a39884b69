// CustomResourceDefinitions a script needs: created, and waited for until their kinds are served.
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { Client } from './client.ts'

const Definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    group: z.string(),
    names: z.object({ plural: z.string() }),
    versions: z.array(z.object({ name: z.string(), served: z.boolean() })),
  }),
})

const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const servedWithinMs = 20_000

/** Throws when a definition is refused or its kinds are not served in time. */
export async function createDefinitions(client: Client, crds: readonly Record<string, unknown>[]): Promise<void> {
  await Promise.all(
    crds.map(async (crd) => {
      const body = Buffer.from(
        JSON.stringify({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', ...crd }),
      )
      const headers = { 'content-type': 'application/json' }
      const { code, text } = await client.send({ method: 'POST', path: collection, headers, body })
      if (code !== 201) throw new Error(`${client.target.name}: definition answered ${code}: ${text}`)
      const { spec } = Definition.parse(crd)
      const served = spec.versions.filter((version) => version.served)
      for (const { name } of served) await untilServed(client, `/apis/${spec.group}/${name}/${spec.names.plural}`)
    }),
  )
}

async function untilServed(client: Client, path: string): Promise<void> {
  const deadline = Date.now() + servedWithinMs
  while (Date.now() < deadline) {
    const { code } = await client.send({ method: 'GET', path: `${path}?limit=1`, headers: {} })
    if (code === 200) return
    await delay(30)
  }
  throw new Error(`${client.target.name}: ${path} is not served after ${servedWithinMs} ms`)
}
