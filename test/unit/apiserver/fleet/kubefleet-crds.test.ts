// Holds our kinds against KubeFleet's CustomResourceDefinitions, field by field. Differences are listed with their reasons
// in differences.json; the list must be exact. Without the definitions at hand the comparison says so and ends.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { z } from 'zod'
import { kinds } from '../../../../shared/api/kinds.ts'
import { crdOf } from '../../../../shared/apiserver/fleet/crd.ts'

const root = process.env['HUBLESS_KUBEFLEET'] ?? '../shared/kubefleet'
const folder = join(root, 'crds')

const Definition = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    names: z.looseObject({ kind: z.string() }),
    versions: z.array(z.looseObject({ name: z.string() })),
  }),
})

const Differences = z.array(z.object({ kind: z.string(), path: z.string(), reason: z.string().min(20) }))
const differences = Differences.parse(
  JSON.parse(readFileSync(new URL('./differences.json', import.meta.url), 'utf8')) as unknown,
)

/** Without prose, with lists whose order means nothing in order, and versions by name. */
function comparable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => comparable(item))
    if (key === 'required' || key === 'enum') return items.map(String).sort()
    if (key !== 'versions') return items
    return Object.fromEntries(Definition.shape.spec.shape.versions.parse(items).map((each) => [each.name, each]))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, item]) => !(name === 'description' && typeof item === 'string'))
      .map(([name, item]) => [name, comparable(item, name)]),
  )
}

const isNode = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Paths at which two values differ. */
function differing(a: unknown, b: unknown, path: string): string[] {
  if (isNode(a) && isNode(b) && Array.isArray(a) === Array.isArray(b)) {
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    return names.flatMap((name) => differing(a[name], b[name], path === '' ? name : `${path}.${name}`))
  }
  return Object.is(a, b) ? [] : [path]
}

const matches = (pattern: string, path: string) => {
  const steps = path.split('.')
  const wanted = pattern.split('.')
  return steps.length === wanted.length && wanted.every((step, index) => step === '*' || step === steps[index])
}

if (!existsSync(folder)) {
  console.log(`not compared with KubeFleet: ${folder} is absent; set HUBLESS_KUBEFLEET to a folder that has crds/`)
} else {
  const definitions = readdirSync(folder).map((file) =>
    Definition.parse(parse(readFileSync(join(folder, file), 'utf8')) as unknown),
  )
  const found = definitions.flatMap((theirs) => {
    const kind = kinds.find((each) => each.kind === theirs.spec.names.kind)
    if (!kind) return [{ kind: theirs.spec.names.kind, path: '(missing)' }]
    // Through JSON, so that absent and undefined are one.
    const ours = Definition.parse(JSON.parse(JSON.stringify(crdOf(kind))) as unknown)
    assert.equal(ours.metadata.name, theirs.metadata.name)
    const paths = differing(comparable(parseSpec(theirs)), comparable(parseSpec(ours)), '')
    return paths.map((path) => ({ kind: kind.kind, path }))
  })

  test('every kind of KubeFleet is ours, and we have no other', () => {
    assert.deepEqual(kinds.map((kind) => kind.kind).sort(), definitions.map((each) => each.spec.names.kind).sort())
  })

  test('our definitions differ from KubeFleet only as listed', () => {
    const unlisted = found.filter(
      ({ kind, path }) => !differences.some((each) => each.kind === kind && matches(each.path, path)),
    )
    assert.deepEqual(unlisted, [])
  })

  test('every listed difference still exists', () => {
    const gone = differences.filter(
      (each) => !found.some(({ kind, path }) => each.kind === kind && matches(each.path, path)),
    )
    assert.deepEqual(gone, [])
  })
}

function parseSpec(definition: z.infer<typeof Definition>): unknown {
  return definition.spec
}
