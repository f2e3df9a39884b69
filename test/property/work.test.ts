// Invariants of what a worker decides about objects on a member.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { applyPatch, type Operation } from 'rfc6902'
import type { KubeObject, OwnerReference } from '../../shared/api/kube-object.ts'
import { applyJsonPatch as applyServerPatch } from '../../shared/apiserver/patch/json-patch.ts'
import { goJson } from '../../shared/domain/go-json.ts'
import { availabilityOf } from '../../shared/domain/health/index.ts'
import { applyJsonPatch } from '../../shared/domain/override/json-patch.ts'
import { effectiveApplyStrategy } from '../../shared/domain/rollout/strategy.ts'
import { defaultBackoff, nextLook } from '../../shared/domain/work/backoff.ts'
import { comparable, specHash } from '../../shared/domain/work/clean.ts'
import { sameJson } from '../../shared/domain/work/merge-patch.ts'
import { isOwnedBy, ownerOf } from '../../shared/domain/work/ownership.ts'
import { differences, diffOperations } from '../../shared/domain/work/patch-details.ts'
import {
  type ManifestResult,
  type MemberAnswer,
  type MemberCall,
  processManifest,
} from '../../shared/domain/work/process.ts'
import { isApplied } from '../../shared/domain/work/result.ts'
import { wavesOf } from '../../shared/domain/work/waves.ts'
import { InvalidInputError } from '../../shared/errors.ts'

const json = fc.jsonValue({ maxDepth: 4 })

test('the differences between two values, applied to one, give the other', () => {
  fc.assert(
    fc.property(json, json, (left, right) => {
      const holder = { value: structuredClone(left) }
      const operations = diffOperations({ value: left }, { value: right })
      fc.pre(operations.length <= 100 && !JSON.stringify([left, right]).includes('__proto__'))
      for (const error of applyPatch(holder, operations as Operation[])) assert.equal(error, null)
      assert.ok(sameJson(holder.value, right), JSON.stringify({ operations, got: holder.value, right }))
    }),
    { numRuns: 500 },
  )
})

const key = fc.constantFrom('a', 'b', '0', '1', '-', 'x~y', 'p/q')
const target = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.nat(3),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
})).value
const operation = fc.record({
  op: fc.constantFrom('add', 'remove', 'replace'),
  path: fc
    .array(key, { minLength: 1, maxLength: 3 })
    .map((parts) => `/${parts.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`),
  value: fc.nat(9),
})

test('a patch that applies here comes out as in the API server, which is laxer and has code of its own', () => {
  fc.assert(
    fc.property(target, fc.array(operation, { maxLength: 4 }), (document, operations) => {
      const outcome = (run: () => unknown) => {
        try {
          return { value: run() }
        } catch (error) {
          assert.ok(error instanceof InvalidInputError, String(error))
          return 'refused'
        }
      }
      const got = outcome(() => applyJsonPatch({ a: document }, operations))
      const want = outcome(() => applyServerPatch({ a: document }, operations))
      if (got !== 'refused') assert.ok(sameJson(got, want), JSON.stringify({ document, operations, got, want }))
    }),
    { numRuns: 500 },
  )
})

test('JSON text is the same whatever the order of members, and reads back as the value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (map) => {
      const reversed = Object.fromEntries(Object.entries(map).toReversed())
      assert.equal(goJson(reversed), goJson(map))
      assert.ok(sameJson(JSON.parse(goJson(map)), JSON.parse(JSON.stringify(map))))
    }),
  )
})

const metadataNoise = fc.record(
  {
    resourceVersion: fc.string(),
    uid: fc.string(),
    generation: fc.nat(9),
    creationTimestamp: fc.constant('2026-01-01T00:00:00Z'),
    finalizers: fc.array(fc.string(), { maxLength: 2 }),
    annotations: fc.dictionary(
      fc.constantFrom('deployment.kubernetes.io/revision', 'kubernetes-fleet.io/spec-hash'),
      fc.string(),
    ),
  },
  { requiredKeys: [] },
)

test('what the API server writes on an object is no difference and does not change its hash', () => {
  fc.assert(
    fc.property(json, metadataNoise, json, (spec, noise, status) => {
      const manifest: KubeObject = { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' }, spec }
      const live: KubeObject = { ...manifest, metadata: { name: 'x', ...noise }, status }
      assert.equal(specHash(live), specHash(manifest))
      assert.deepEqual(differences(manifest, live), [])
      assert.deepEqual(comparable(comparable(live)), comparable(live))
    }),
  )
})

const owner = ownerOf({ name: 'mine', uid: 'u-mine' })
const otherOwners: OwnerReference[] = [
  ownerOf({ name: 'theirs', uid: 'u-theirs' }),
  ownerOf({ name: 'left-behind', uid: 'u-gone' }),
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'rs', uid: 'u-rs' },
]
const anyStrategy = fc.record({
  type: fc.constantFrom('ClientSideApply', 'ServerSideApply', 'ReportDiff'),
  comparisonOption: fc.constantFrom('PartialComparison', 'FullComparison'),
  whenToApply: fc.constantFrom('Always', 'IfNotDrifted'),
  whenToTakeOver: fc.constantFrom('Always', 'IfNoDiff', 'Never'),
  allowCoOwnership: fc.boolean(),
})
const situation = fc.record({
  strategy: anyStrategy,
  exists: fc.boolean(),
  mine: fc.boolean(),
  others: fc.subarray(otherOwners),
  drifted: fc.boolean(),
  hashed: fc.boolean(),
  answers: fc.array(fc.constantFrom('ok', 'refused', 'invalid'), { minLength: 6, maxLength: 6 }),
})

interface Run {
  readonly calls: readonly MemberCall[]
  readonly result: ManifestResult
}

/** Plays the member: it answers with what was sent, or refuses. */
function play({
  strategy,
  exists,
  mine,
  others,
  drifted,
  hashed,
  answers,
}: typeof situation extends fc.Arbitrary<infer T> ? T : never): Run {
  const manifest: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', namespace: 'n' },
    data: { a: '1' },
  }
  const live: KubeObject = {
    ...manifest,
    metadata: {
      ...manifest.metadata,
      resourceVersion: '7',
      ownerReferences: [...others, ...(mine ? [owner] : [])],
      ...(hashed && { annotations: { 'kubernetes-fleet.io/spec-hash': specHash(manifest) } }),
    },
    data: { a: drifted ? '2' : '1' },
  }
  const calls: MemberCall[] = []
  const run = processManifest({
    manifest,
    owner,
    strategy: effectiveApplyStrategy(strategy),
    isKnownAppliedWork: (name) => name !== 'left-behind',
  })
  let step = run.next()
  while (!step.done) {
    const call = step.value
    const how = call.verb === 'get' ? 'ok' : (answers[calls.length % answers.length] ?? 'ok')
    calls.push(call)
    assert.ok(calls.length <= 6, 'a manifest takes few calls')
    step = run.next(answerTo(call, how, exists ? live : undefined))
  }
  return { calls, result: step.value }
}

function answerTo(call: MemberCall, how: string, live: KubeObject | undefined): MemberAnswer {
  if (how !== 'ok') return { ok: false, code: how === 'invalid' ? 422 : 403, message: how }
  if (call.verb === 'get') return { ok: true, object: live }
  return { ok: true, object: call.verb === 'patch' ? live : call.object }
}

const changes = (call: MemberCall) => call.verb !== 'get' && !call.dryRun

test('an object that belongs to another placement is never written to', () => {
  fc.assert(
    fc.property(situation, (given) => {
      fc.pre(given.exists && given.others.some(({ name }) => name === 'theirs'))
      const { calls, result } = play(given)
      assert.equal(calls.filter(changes).length, 0, JSON.stringify(calls))
      assert.ok(!isApplied(result.result))
    }),
    { numRuns: 500 },
  )
})

test('an object that is there and not ours is written to only after it was taken over', () => {
  fc.assert(
    fc.property(situation, (given) => {
      fc.pre(given.exists && !given.mine)
      const [first, ...later] = play(given).calls.filter(changes)
      if (given.strategy.whenToTakeOver === 'Never') assert.equal(first, undefined)
      else if (first) {
        assert.ok(first.verb === 'update' && isOwnedBy(first.object, owner), JSON.stringify(first))
        assert.deepEqual(first.object['data'], { a: given.drifted ? '2' : '1' }, 'taking over changes no content')
        assert.ok(later.length <= 1)
      }
    }),
    { numRuns: 500 },
  )
})

test('reporting differences changes nothing but, if asked to, the owners', () => {
  fc.assert(
    fc.property(situation, (given) => {
      const strategy = { ...given.strategy, type: 'ReportDiff' as const }
      const { calls, result } = play({ ...given, strategy })
      assert.ok(calls.filter(changes).every(({ verb }) => verb === 'update'))
      assert.ok(!isApplied(result.result))
    }),
  )
})

test('drift is never overwritten where the strategy says so', () => {
  fc.assert(
    fc.property(situation, (given) => {
      const strategy = { ...given.strategy, type: 'ServerSideApply' as const, whenToApply: 'IfNotDrifted' as const }
      const all = { ...given, strategy, exists: true, mine: true, others: [], hashed: true, drifted: true }
      assert.equal(play(all).calls.filter(changes).length, 0)
    }),
  )
})

test('whatever a member answers, health is one of the known words', () => {
  const resources = ['deployments', 'statefulsets', 'daemonsets'].map((resource) => ({
    group: 'apps',
    version: 'v1',
    resource,
  }))
  const where = fc.constantFrom(
    ...resources,
    { group: '', version: 'v1', resource: 'services' },
    { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
    { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' },
    { group: 'batch', version: 'v1', resource: 'jobs' },
  )
  fc.assert(
    fc.property(where, json, json, (resource, spec, status) => {
      const object = { apiVersion: 'v1', kind: 'X', metadata: {}, spec, status }
      const got = availabilityOf(resource, object)
      assert.ok(['Available', 'ManifestNotAvailableYet', 'NotTrackable', 'Failed'].includes(got))
    }),
    { numRuns: 500 },
  )
})

test('every manifest is in exactly one wave, and waves keep the order within', () => {
  const resource = fc.constantFrom('namespaces', 'secrets', 'roles', 'rolebindings', 'deployments', 'widgets')
  fc.assert(
    fc.property(fc.array(resource, { maxLength: 20 }), (names) => {
      const items = names.map((name, at) => ({ at, where: { group: '', resource: name } }))
      const waves = wavesOf(items)
      assert.deepEqual(
        waves.flatMap(({ items: members }) => members.map(({ at }) => at)).sort((a, b) => a - b),
        items.map(({ at }) => at),
      )
      for (const [position, wave] of waves.entries()) {
        const ats = wave.items.map(({ at }) => at)
        assert.deepEqual(
          ats,
          ats.toSorted((a, b) => a - b),
        )
        assert.ok(position === 0 || (waves[position - 1]?.number ?? 0) < wave.number)
      }
    }),
  )
})

test('looks at an unchanged cluster become rarer and never stop', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.integer({ min: 3, max: 60 }), (done, rounds) => {
      const facts = { generation: 1, resultHash: 'same', done }
      let state = nextLook(undefined, facts, defaultBackoff)
      assert.equal(state.lastSeconds, 5)
      state = nextLook(state, facts, defaultBackoff)
      for (let round = 0; round < rounds; round += 1) {
        const next = nextLook(state, facts, defaultBackoff)
        assert.ok(next.lastSeconds >= state.lastSeconds && next.lastSeconds <= 900)
        state = next
      }
      assert.equal(nextLook(state, { ...facts, generation: 2 }, defaultBackoff).lastSeconds, 5)
    }),
  )
})
