// Writes which fields of built-in kinds are always there in a typed API server, whatever the JSON says:
//   KUBEBUILDER_ASSETS=FOLDER node infra/tooling/record-struct-fields.ts
// Embedded structs (the server's OpenAPI gives them the default {}) and fields that are written even when they are null
// (the protobuf tables flag them `z`). Ownership of fields is computed on objects that have them.
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { z } from 'zod'
import kinds from '../../shared/apiserver/builtin/kinds.generated.json' with { type: 'json' }
import protobuf from '../../shared/apiserver/builtin/protobuf.generated.json' with { type: 'json' }
import type { ProtobufSchemas } from '../../shared/apiserver/builtin/protobuf-types.ts'
import { startServer } from './builtin/server.ts'

const out = 'shared/apiserver/builtin/struct-fields.generated.json'
const Property = z.looseObject({ default: z.unknown().optional() })
const Definition = z.looseObject({ properties: z.record(z.string(), Property).default({}) })
const Document = z.object({ components: z.object({ schemas: z.record(z.string(), Definition) }) })

function fetchJson(server: string, token: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // The certificate is made by the server itself, which this tool has just started on loopback.
    const options = { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }
    const call = request(new URL(path, server), options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => {
        text += part
      })
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${path}: HTTP ${response.statusCode}`))
      })
    })
    call.on('error', reject)
    call.end()
  })
}

/** Structs whose times are values, not pointers: without a time they say null. */
const timed = /(Condition|\.Event|EventSeries|ContainerStateRunning|ContainerStateTerminated)$/
const isTime = (type: string) => /\.meta\.v1\.(Micro)?Time$/.test(type)

const isEmptyObject = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0

function nullable(name: string): string[] {
  const message = (protobuf as unknown as ProtobufSchemas).messages[name] ?? {}
  return Object.values(message)
    .filter(
      ([field, type, flags = '']) =>
        (timed.test(name) && isTime(type)) ||
        (field !== '' && flags.includes('z') && (type.includes('.') || /[rm]/.test(flags))),
    )
    .map(([field]) => field)
}

const started = await startServer()
try {
  const wanted = new Set(Object.keys(kinds.definitions))
  const paths = new Set(
    kinds.kinds.map(({ group, version }) => (group === '' ? `api/${version}` : `apis/${group}/${version}`)),
  )
  const lines = new Map<string, string>()
  for (const path of paths) {
    const { components } = Document.parse(await fetchJson(started.server, started.token, `/openapi/v3/${path}`))
    for (const [name, { properties }] of Object.entries(components.schemas)) {
      if (!wanted.has(name)) continue
      const structs = Object.keys(properties).filter((field) => isEmptyObject(properties[field]?.default))
      const nulls = nullable(name).filter((field) => field in properties && !structs.includes(field))
      if (structs.length + nulls.length > 0) lines.set(name, JSON.stringify({ structs, nulls }))
    }
  }
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(out, `{\n${sorted.map(([name, line]) => `${JSON.stringify(name)}: ${line}`).join(',\n')}\n}\n`)
  console.log(`${sorted.length} definitions`)
} finally {
  await started.stop()
}
