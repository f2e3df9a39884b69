import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isJsonObject, type JsonObject } from '../../../../shared/api/json.ts'
import { builtinKinds } from '../../../../shared/apiserver/builtin/builtin-kinds.ts'
import type { ServedKind } from '../../../../shared/apiserver/kind.ts'
import { openApiV2, openApiV2Protobuf } from '../../../../shared/apiserver/openapi/v2.ts'
import { openApiV3Document, openApiV3Index } from '../../../../shared/apiserver/openapi/v3.ts'

const configMap = builtinKinds.find(({ kind }) => kind === 'ConfigMap')
assert.ok(configMap)
const widget: ServedKind = {
  ...configMap,
  origin: 'custom',
  group: 'demo.io',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  strategicMerge: false,
  schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer', nullable: true, oneOf: [{ minimum: 1 }] },
          port: { 'x-kubernetes-int-or-string': true },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
    },
  },
}
const kinds = [...builtinKinds, widget]

/** Every `$ref` of a document. */
function references(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : references(child),
  )
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((here, name) => (isJsonObject(here) ? here[name] : undefined), value)
}

describe('version 3', () => {
  const document = (path: string): JsonObject => JSON.parse(openApiV3Document(kinds, path)?.body ?? 'null')

  test('the index names every group-version with the hash of its document', () => {
    const paths = at(openApiV3Index(kinds), 'paths') as JsonObject
    assert.equal(Object.keys(paths).length, new Set(kinds.map(({ group, version }) => `${group}/${version}`)).size)
    const hash = openApiV3Document(kinds, 'apis/demo.io/v1')?.hash
    assert.equal(at(paths, 'apis/demo.io/v1', 'serverRelativeURL'), `/openapi/v3/apis/demo.io/v1?hash=${hash}`)
    assert.match(hash ?? '', /^[0-9A-F]{128}$/)
    assert.equal(openApiV3Document(kinds, 'apis/none/v1'), undefined)
  })

  test('the hash follows the content', () => {
    const other = openApiV3Document([{ ...widget, plural: 'gadgets' }], 'apis/demo.io/v1')
    assert.notEqual(other?.hash, openApiV3Document(kinds, 'apis/demo.io/v1')?.hash)
  })

  test('every reference leads somewhere', () => {
    for (const path of Object.keys(at(openApiV3Index(kinds), 'paths') as JsonObject)) {
      const schemas = at(document(path), 'components', 'schemas') as JsonObject
      for (const ref of references(document(path)))
        assert.ok(schemas[ref.replace('#/components/schemas/', '')], `${path}: ${ref}`)
    }
  })

  test('each kind has the PATCH kubectl looks for', () => {
    for (const kind of kinds.filter(({ virtual }) => !virtual)) {
      const base = kind.group === '' ? 'api' : `apis/${kind.group}`
      const path = `/${base}/${kind.version}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.plural}/{name}`
      const patch = at(document(`${base}/${kind.version}`), 'paths', path, 'patch')
      assert.deepEqual(at(patch, 'x-kubernetes-group-version-kind'), {
        group: kind.group,
        version: kind.version,
        kind: kind.kind,
      })
      const names = (at(patch, 'parameters') as readonly JsonObject[]).map(({ name }) => name)
      assert.deepEqual(names, ['dryRun', 'fieldManager', 'fieldValidation', 'force'])
      const types = Object.keys(at(patch, 'requestBody', 'content') as JsonObject)
      assert.equal(types.includes('application/strategic-merge-patch+json'), kind.strategicMerge, kind.kind)
    }
  })

  test('a custom resource is described with what every object has', () => {
    const schema = at(document('apis/demo.io/v1'), 'components', 'schemas', 'io.demo.v1.Widget')
    assert.deepEqual(at(schema, 'x-kubernetes-group-version-kind'), [
      { group: 'demo.io', version: 'v1', kind: 'Widget' },
    ])
    assert.equal(at(schema, 'properties', 'kind', 'type'), 'string')
    assert.deepEqual(references(at(schema, 'properties', 'metadata')), [
      '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
    ])
    assert.equal(at(schema, 'properties', 'spec', 'properties', 'size', 'nullable'), true)
  })
})

describe('version 2', () => {
  const document = openApiV2(kinds)

  test('every reference leads somewhere', () => {
    const definitions = document['definitions'] as JsonObject
    for (const ref of references(document)) assert.ok(definitions[ref.replace('#/definitions/', '')], ref)
  })

  test('says nothing Swagger 2 cannot say', () => {
    const spec = at(document, 'definitions', 'io.demo.v1.Widget', 'properties', 'spec', 'properties')
    assert.deepEqual(at(spec, 'size'), { type: 'integer' })
    assert.equal(at(spec, 'port', 'oneOf'), undefined)
    assert.equal(at(spec, 'open', 'type'), 'object')
  })

  test('the binary form is a Document: fields 1, 2, 8 and 9, each with its length', () => {
    const bytes = openApiV2Protobuf(kinds)
    const found: number[] = []
    let at = 0
    while (at < bytes.length) {
      found.push((bytes[at] ?? 0) >> 3)
      assert.equal((bytes[at] ?? 0) & 7, 2)
      at += 1
      let [length, shift] = [0, 0]
      for (let byte = 0x80; (byte & 0x80) !== 0; shift += 7) {
        byte = bytes[at++] ?? 0
        length += (byte & 0x7f) * 2 ** shift
      }
      at += length
    }
    assert.equal(at, bytes.length)
    assert.deepEqual(found, [1, 2, 8, 9])
    assert.ok(Buffer.from(bytes).includes('io.demo.v1.Widget'))
  })
})
