// Plays the schema cases on a real API server and writes what it answered to recorded.generated.json beside them:
//   node test/support/record-schema-cases.ts [--server https://127.0.0.1:6443 --token TOKEN]
// Without --server it starts the kube-apiserver of KUBEBUILDER_ASSETS.
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { startServer } from '../../infra/tooling/builtin/server.ts'
import { crdCases } from '../unit/apiserver/crd/cases.ts'
import { type SchemaCase, schemaCases } from '../unit/apiserver/schema/cases.ts'

interface Target {
  readonly server: string
  readonly token: string
}

const Answer = z.looseObject({
  code: z.number().optional(),
  message: z.string().optional(),
  spec: z.unknown().optional(),
  details: z.looseObject({ causes: z.array(z.unknown()).optional() }).nullish(),
})

interface Reply {
  readonly status: number
  readonly warnings: readonly string[]
  readonly body: z.infer<typeof Answer>
}

function call(
  { server, token }: Target,
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': type }
    const sent = request(new URL(path, server), { method, rejectUnauthorized: false, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const warning = response.headers['warning']
        resolve({
          status: response.statusCode ?? 0,
          warnings:
            warning === undefined
              ? []
              : [...warning.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
                  text.replace(/\\(.)/g, '$1'),
                ),
          body: Answer.parse(
            response.headers['content-type'] === 'application/json'
              ? JSON.parse(Buffer.concat(parts).toString('utf8'))
              : {},
          ),
        })
      })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

function definition(group: string, spec: unknown) {
  const openAPIV3Schema = { type: 'object', properties: { spec } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Cluster',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}

/** A kind answers a moment after its definition was stored; so does a change of its schema. */
async function until(target: Target, path: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const { status } = await call(target, 'GET', path)
    if (status === 200) return
    await sleep(50)
  }
  throw new Error(`${path} was not served in time`)
}

async function record(target: Target, schemaCase: SchemaCase, index: number): Promise<unknown> {
  const group = `case${index}.demo.io`
  const things = `/apis/${group}/v1/things`
  const thing = (spec: unknown, more: object = {}) => ({
    apiVersion: `${group}/v1`,
    kind: 'Thing',
    metadata: { name: 'a', ...more },
    spec,
  })
  const created = await call(target, 'POST', crds, definition(group, schemaCase.loose ?? schemaCase.schema))
  if (created.status !== 201) return { definitionRefused: created.body.message }
  await until(target, things)
  let reply: Reply
  if (schemaCase.old === undefined) {
    reply = await call(target, 'POST', things, thing(schemaCase.spec))
  } else {
    const stored = await call(target, 'POST', things, thing(schemaCase.old))
    if (stored.status !== 201) throw new Error(`${schemaCase.name}: ${stored.body.message}`)
    if (schemaCase.loose) {
      await call(
        target,
        'PATCH',
        `${crds}/things.${group}`,
        [{ op: 'replace', path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec', value: schemaCase.schema }],
        'application/json-patch+json',
      )
      await sleep(1500)
    }
    const live = await call(target, 'GET', `${things}/a`)
    const version = z.looseObject({ resourceVersion: z.string() }).parse(live.body['metadata']).resourceVersion
    reply = await call(target, 'PUT', `${things}/a`, thing(schemaCase.spec, { resourceVersion: version }))
  }
  await call(target, 'DELETE', `${crds}/things.${group}`)
  if (reply.status < 300) return { accepted: true, spec: reply.body.spec, warnings: reply.warnings }
  return { accepted: false, code: reply.status, message: reply.body.message, causes: reply.body.details?.causes ?? [] }
}

async function recordAll(target: Target): Promise<void> {
  const schema: Record<string, unknown> = {}
  for (const { name } of schemaCases) schema[name] = undefined
  const queue = [...schemaCases.entries()]
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let next = queue.shift(); next; next = queue.shift())
        schema[next[1].name] = await record(target, next[1], next[0])
    }),
  )
  writeFileSync('test/unit/apiserver/schema/recorded.generated.json', `${JSON.stringify(schema, undefined, 1)}\n`)
  const crd: Record<string, unknown> = {}
  for (const { name, crd: body } of crdCases) {
    const { status, body: answer } = await call(target, 'POST', `${crds}?dryRun=All`, body)
    crd[name] =
      status < 300
        ? { accepted: true, spec: answer.spec }
        : { accepted: false, code: status, message: answer.message, causes: answer.details?.causes ?? [] }
  }
  writeFileSync('test/unit/apiserver/crd/recorded.generated.json', `${JSON.stringify(crd, undefined, 1)}\n`)
  console.log(`${schemaCases.length} schema cases, ${crdCases.length} CRD cases`)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { server: { type: 'string' }, token: { type: 'string', default: '' } } })
  const started = values.server === undefined ? await startServer() : undefined
  try {
    await recordAll(started ?? { server: values.server ?? '', token: values.token })
  } finally {
    await started?.stop()
  }
}
