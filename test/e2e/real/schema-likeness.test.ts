// Random schemas and random objects, on a real API server and on the hub: the same verdict, the same complaints, the same
// object after pruning and defaulting - for new objects, and for updates of objects that were stored before the schema.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../shared/api/json.ts'
import {
  type Answers,
  type BothServers,
  definitionOf,
  definitionsPath,
  linesOf,
  startBothServers,
} from './likeness/both-servers.ts'
import { fieldSchema, valueFor } from './likeness/random-schemas.ts'

const fields = 24
const objects = 40
/** Fields of one object: few enough that some objects are right. */
const fieldsAtOnce = 3

let servers: BothServers

before(async () => {
  servers = await startBothServers()
})

after(async () => {
  await servers?.[Symbol.asyncDispose]()
})

function same({ real, hub }: Answers, what: unknown): void {
  assert.deepEqual(linesOf(hub), linesOf(real), `${JSON.stringify(what)}\nreal ${JSON.stringify(real.body)}`)
}

/** Random schemas of fields that make a definition together. Those a real server refuses are refused here in the same words. */
async function fieldSchemas(seed: number): Promise<Record<string, JsonObject>> {
  const drawn = fc.sample(fieldSchema(2), { seed, numRuns: fields })
  const kept: Record<string, JsonObject> = {}
  for (const [index, schema] of drawn.entries()) {
    const definition = definitionOf({ type: 'object', properties: { x: schema } })
    const answers = await servers.call('POST', `${definitionsPath}?dryRun=All`, definition)
    same(answers, schema)
    if (answers.real.code === 201) kept[`p${index}`] = schema
  }
  return kept
}

function specOf(schemas: Readonly<Record<string, JsonObject>>, seed: number): JsonObject {
  const names = Object.keys(schemas)
  const spec: Record<string, Json> = {}
  for (let turn = 0; turn < fieldsAtOnce; turn += 1) {
    const name = names[(seed * fieldsAtOnce + turn) % names.length] ?? ''
    const [value] = fc.sample(valueFor(schemas[name] ?? {}), { seed: seed * 31 + turn, numRuns: 30 }).slice(-1)
    if (value !== undefined) spec[name] = value
  }
  return spec
}

const thing = (group: string, spec: JsonObject, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: `${group}/v1`,
  kind: 'Thing',
  metadata: { name: 'a', ...metadata },
  spec,
})

describe('random schemas and objects', () => {
  for (const seed of [1, 2, 3]) {
    it(`new objects are answered alike (seed ${seed})`, async () => {
      const group = `new${seed}.demo.io`
      const schemas = await fieldSchemas(seed)
      await servers.call('POST', definitionsPath, definitionOf({ type: 'object', properties: schemas }, group))
      const path = `/apis/${group}/v1/things`
      await servers.served(path)
      let accepted = 0
      for (let index = 0; index < objects; index += 1) {
        const spec = specOf(schemas, seed * 1000 + index)
        const answers = await servers.call('POST', `${path}?dryRun=All`, thing(group, spec))
        same(answers, { spec, schemas: Object.keys(spec).map((name) => schemas[name]) })
        if (answers.real.code === 201) accepted += 1
      }
      assert.ok(accepted > 2, `only ${accepted} of ${objects} objects were right`)
    })
  }

  it('updates of objects that break a schema made later are answered alike', async () => {
    const group = 'old.demo.io'
    const schemas = await fieldSchemas(7)
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    await servers.call('POST', definitionsPath, definitionOf(open, group))
    const path = `/apis/${group}/v1/things`
    await servers.served(path)
    const stored = Array.from({ length: objects }, (_, index) => specOf(schemas, 5000 + index))
    for (const [index, spec] of stored.entries())
      await servers.call('POST', path, thing(group, spec, { name: `o${index}` }))
    const replaced = [
      {
        op: 'replace',
        path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec',
        value: { type: 'object', properties: schemas },
      },
    ]
    await servers.call('PATCH', `${definitionsPath}/things.${group}`, replaced, 'application/json-patch+json')
    // A new schema is in force on a real server some moments after it was stored.
    await pruned(path, stored)
    for (const [index, spec] of stored.entries()) {
      const [first = ''] = Object.keys(spec)
      const changed = specOf({ [first]: schemas[first] ?? {} }, 9000 + index)
      const answers = await servers.replaceSpec(`${path}/o${index}`, { ...spec, ...changed }, '?dryRun=All')
      same(answers, { spec, changed, schemas: Object.keys(spec).map((name) => schemas[name]) })
    }
  })
})

/** Waits until a real server prunes what the new schema does not know. */
async function pruned(path: string, stored: readonly JsonObject[]): Promise<void> {
  const body = thing(path.split('/')[2] ?? '', { notInTheSchema: 1 }, { name: 'probe' })
  for (let tries = 0; tries < 200; tries += 1) {
    const { real } = await servers.call('POST', `${path}?dryRun=All`, body)
    const spec = real.body['spec'] as JsonObject | undefined
    if (spec?.['notInTheSchema'] === undefined) return
    await delay(50)
  }
  throw new Error(`the schema of ${stored.length} objects never changed`)
}
