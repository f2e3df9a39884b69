import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { z } from 'zod'
import type { JsonObject } from '../../../../shared/api/json.ts'
import { builtinDefinition } from '../../../../shared/apiserver/builtin/definitions.ts'
import { defaultCrd } from '../../../../shared/apiserver/crd/canonical.ts'
import { establishedStatus } from '../../../../shared/apiserver/crd/established.ts'
import { servedKindsOf } from '../../../../shared/apiserver/crd/served-kinds.ts'
import { validateCrd } from '../../../../shared/apiserver/crd/validate-crd.ts'
import { processObject } from '../../../../shared/apiserver/schema/process.ts'
import { crdCases } from './cases.ts'
import recordedJson from './recorded.generated.json' with { type: 'json' }

const Cause = z.object({ reason: z.string(), message: z.string(), field: z.string() })
const Recorded = z.record(
  z.string(),
  z.union([
    z.object({ accepted: z.literal(true), spec: z.unknown() }),
    z.object({ accepted: z.literal(false), causes: z.array(Cause) }),
  ]),
)
const recorded = Recorded.parse(recordedJson)

const crdSchema = builtinDefinition('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition')

/**
 * Some messages show Go's own view of a struct, or the words of its CEL compiler; there the field, the reason and the
 * rule's own words count.
 */
function text({ field, reason, message }: { field: string; reason: string; message: string }): string {
  const words = message
    .replace(/^Invalid value: (?:[[{].*[\]}]|null): /s, 'Invalid value: ...: ')
    .replace(/compilation failed: .*/s, 'compilation failed')
    .replace(/error parsing regexp: .*/s, 'error parsing regexp')
  return `${field}|${reason}|${words}`
}

/** Names of objects are checked for every kind alike, elsewhere. */
const differences: Readonly<Record<string, (cause: z.infer<typeof Cause>) => boolean>> = {
  'bad plural': ({ field }) => field === 'metadata.name',
}

/**
 * Webhooks are never called, so any use of them is refused in words of our own. A reason is an enum of the definition's own
 * schema, which names the place by version.
 */
const own = new Set(['webhook conversion without a webhook', 'cel bad reason'])

function complaints(crd: JsonObject) {
  const { object, errors } = processObject(crdSchema, defaultCrd(crd))
  return [...errors, ...validateCrd(object)]
}

describe('every definition is answered as a real API server answers it', () => {
  for (const { name, crd } of crdCases.filter(({ name }) => !own.has(name))) {
    test(name, () => {
      const expected = recorded[name]
      assert.ok(expected, 'record the case: node test/support/record-schema-cases.ts')
      const omitted = differences[name] ?? (() => false)
      const causes = expected.accepted ? [] : expected.causes.filter((cause) => !omitted(cause))
      assert.deepEqual(complaints(crd).map(text).sort(), causes.map(text).sort())
      if (expected.accepted) assert.deepEqual(processObject(crdSchema, defaultCrd(crd)).object['spec'], expected.spec)
    })
  }

  test('webhook conversion is refused', () => {
    const found = crdCases.find(({ name }) => name === 'webhook conversion without a webhook')
    assert.ok(found)
    assert.deepEqual(
      complaints(found.crd).map(({ field, reason }) => [field, reason]),
      [['spec.conversion.strategy', 'FieldValueForbidden']],
    )
  })
})

const base = crdCases.find(({ name }) => name === 'scale')?.crd ?? {}
const now = '2024-01-02T03:04:05Z'
const established = (crd: JsonObject, others: readonly JsonObject[] = []): JsonObject => {
  const defaulted = defaultCrd(crd)
  return { ...defaulted, status: establishedStatus(defaulted, others, now) }
}

describe('a definition and its kinds', () => {
  test('a definition without conflicts is established at once', () => {
    assert.deepEqual(established(base)['status'], {
      conditions: [
        {
          type: 'NamesAccepted',
          status: 'True',
          lastTransitionTime: now,
          reason: 'NoConflicts',
          message: 'no conflicts found',
        },
        {
          type: 'Established',
          status: 'True',
          lastTransitionTime: now,
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ],
      acceptedNames: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      storedVersions: ['v1'],
    })
  })

  test('conditions keep their time while nothing changes', () => {
    const first = established(base)
    assert.deepEqual(establishedStatus(first, [], '2030-01-01T00:00:00Z'), first['status'])
  })

  test('a name another definition of the group has is not given again', () => {
    const other = { ...established(base), metadata: { name: 'others.demo.io' } }
    const status = establishedStatus(defaultCrd(base), [other], now)
    const conditions = status['conditions'] as readonly JsonObject[]
    assert.deepEqual(
      conditions.map(({ type, status }) => [type, status]),
      [
        ['NamesAccepted', 'False'],
        ['Established', 'False'],
      ],
    )
    assert.equal(conditions[0]?.['message'], '"ThingList" is already in use')
    assert.deepEqual(servedKindsOf({ ...defaultCrd(base), status }), [])
  })

  test('every served version is a kind with its columns and subresources', () => {
    const [kind, ...more] = servedKindsOf(established(base))
    assert.equal(more.length, 0)
    assert.ok(kind)
    assert.deepEqual(kind.storage, { group: 'demo.io', resource: 'things' })
    assert.deepEqual(kind.scale, { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' })
    assert.equal(kind.statusSubresource, false)
    assert.equal(kind.namespaced, true)
    assert.equal(kind.schema?.properties?.['spec']?.properties?.['replicas']?.type, 'integer')
  })

  test('group, scope, kind and plural cannot change, and a stored version cannot vanish', () => {
    const old = established(base)
    const spec = old['spec'] as JsonObject
    const changed = { ...old, spec: { ...spec, scope: 'Cluster', versions: [] } }
    const fields = validateCrd(changed, old).map(({ field }) => field)
    assert.ok(fields.includes('spec.scope'))
    assert.ok(fields.includes('status.storedVersions[0]'))
    assert.deepEqual(validateCrd(old, old), [])
  })
})
