// The rolling update: picking, readiness, waiting for clean-ups, marking, and what wakes it.
import type { Binding } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { Placement } from '../../../shared/api/placement.ts'
import { withCondition } from '../../../shared/domain/condition.ts'
import { cleanupGuard } from '../../../shared/domain/rollout/cleanup-guard.ts'
import { planRollout, rolloutStartedCondition } from '../../../shared/domain/rollout/plan.ts'
import { hasFailed, isDiffReported, readiness } from '../../../shared/domain/rollout/readiness.ts'
import { effectiveApplyStrategy, sameApplyStrategy } from '../../../shared/domain/rollout/strategy.ts'
import { bindingChangeMatters, placementOfOverride } from '../../../shared/domain/rollout/wake.ts'
import { compare, compareUnordered, type Difference, type Input, replayTests, vectorNow, wantOf } from './replayer.ts'
import { type BindingObject, bindingOf, bindingsOf, clustersOf, overridesOf } from './rollout-objects.ts'

const now = new Date(vectorNow).toISOString().replace('.000Z', 'Z')

/** One round over stored objects. Bindings carry the apply strategy already: picking is what the case is about. */
function round(input: Input) {
  const placement = input['crp'] as Placement
  const applyStrategy = effectiveApplyStrategy(placement.spec.strategy?.applyStrategy)
  const given = bindingsOf(input['allBindingsFunc'])
  const bindings: Binding[] = given.map((binding) => ({ ...binding, applyStrategy }))
  const plan = planRollout({
    placement,
    bindings,
    latestSnapshot: { name: input['latestResourceSnapshotName'] as string },
    overrides: overridesOf(input['matchedCROs'], input['matchedROs']),
    clusters: clustersOf(input['clusters']),
    now: vectorNow,
  })
  return { plan, bindings }
}

interface PickWant {
  wantTobeUpdatedBindings?: number[]
  wantDesiredBindingsSpec?: (Record<string, unknown> | null)[]
  wantStaleUnselectedBindings?: number[]
  wantUpToDateBoundBindings?: number[]
  wantNeedRoll?: boolean
  wantWaitTime?: { seconds: number }
  wantErr?: unknown
}

function pick(input: Input, want: PickWant): Difference[] {
  const { plan, bindings } = round(input)
  if (want.wantErr || plan.error) return compare(Boolean(want.wantErr), Boolean(plan.error), 'wantErr')
  const { picked } = plan
  const indices = (list: readonly { name: string }[] = []) =>
    list.map((one) => bindings.findIndex((b) => b.name === one.name))
  const actions = picked?.actions ?? []
  return [
    ...compare(want.wantTobeUpdatedBindings, indices(actions.map(({ binding }) => binding)), 'update'),
    ...compareUnordered(want.wantStaleUnselectedBindings, indices(picked?.blocked), 'stale'),
    ...compareUnordered(want.wantUpToDateBoundBindings, indices(picked?.upToDate), 'upToDate'),
    ...compare(want.wantNeedRoll, picked?.needed, 'needRoll'),
    ...(want.wantNeedRoll
      ? compare(want.wantWaitTime?.seconds, Math.round((picked?.waitMs ?? 0) / 1000), 'waitTime')
      : []),
    ...actions.flatMap((action) => {
      if (action.kind === 'remove') return []
      const spec = want.wantDesiredBindingsSpec?.[bindings.indexOf(action.binding)]
      const fields = ['resourceSnapshotName', 'clusterResourceOverrideSnapshots', 'resourceOverrideSnapshots'] as const
      return [
        ...compare(spec?.['state'], 'Bound', `${action.binding.name}.state`),
        ...fields.flatMap((field) => compare(spec?.[field], action.desired[field], `${action.binding.name}.${field}`)),
      ]
    }),
  ]
}

/** The stored objects after marking: only RolloutStarted changes. */
function marked(objects: unknown, started: (binding: Binding) => boolean | undefined) {
  return ((objects ?? []) as BindingObject[]).map((object) => {
    const binding = bindingOf(object)
    const mark = started(binding)
    const conditions = binding.conditions
    if (mark === undefined) return { ...object, status: { conditions } }
    const condition = rolloutStartedCondition(mark, binding.generation, now)
    return { ...object, status: { conditions: withCondition(conditions, condition, now) } }
  })
}

/** Bindings without what is not compared: messages, times set or unset, versions. */
function comparableBindings(objects: unknown) {
  return ((objects ?? []) as (BindingObject & { metadata: { resourceVersion?: string } })[]).map((object) => {
    const { resourceVersion: _, ...metadata } = object.metadata
    const conditions = (object.status?.conditions ?? []).map(
      ({ type, status, reason, observedGeneration }: Condition) => ({
        type,
        status,
        reason,
        observedGeneration,
      }),
    )
    return { metadata, spec: object.spec, status: { conditions } }
  })
}

function sameBindings(want: unknown, got: unknown): Difference[] {
  const name = ({ metadata }: { metadata: { name?: string } }) => metadata.name ?? ''
  return compareUnordered(comparableBindings(want), comparableBindings(got), 'bindings', name)
}

/** What a placement that needs no roll does with its bindings. */
function settled(objects: unknown) {
  const bindings = bindingsOf(objects)
  const applyStrategy = effectiveApplyStrategy(undefined)
  const plan = planRollout({
    placement: { apiVersion: 'v1', kind: 'ClusterResourcePlacement', metadata: {}, spec: { resourceSelectors: [] } },
    // Everything points to the newest snapshot and is bound, so that only the marks are left to do.
    bindings: bindings.map((binding) => ({
      ...binding,
      applyStrategy,
      targetCluster: binding.name,
      resourceSnapshotName: 'newest',
    })),
    latestSnapshot: { name: 'newest' },
    overrides: { cluster: [], namespaced: [] },
    clusters: [],
    now: vectorNow,
  })
  return { plan, bindings }
}

function keysOf(key: string | undefined) {
  if (key === undefined) return []
  const [first = '', second] = key.split('/')
  return [second === undefined ? { name: first, namespace: '' } : { name: second, namespace: first }]
}

interface OverrideObject {
  readonly $kind?: string
  readonly metadata: { readonly namespace?: string; readonly labels?: Record<string, string> }
  readonly spec: {
    readonly placement?: { name: string; scope?: string }
    readonly overrideSpec?: { placement?: { name: string; scope?: string } }
  }
}

function overrideWakes(object: OverrideObject, kind: string, forClusterScoped: unknown): string | undefined {
  if (object.$kind !== kind) return undefined
  const placement = object.spec.overrideSpec?.placement ?? object.spec.placement
  const isSnapshot = object.spec.overrideSpec !== undefined
  if (isSnapshot && object.metadata.labels?.['kubernetes-fleet.io/is-latest-snapshot'] !== 'true') return undefined
  const key = placementOfOverride(placement, object.metadata.namespace)
  // The hub has one queue for placements of both scopes; upstream has a controller for each.
  return key !== undefined && key.includes('/') === (forClusterScoped !== true) ? key : undefined
}

const isBinding = (object: unknown) =>
  ['ClusterResourceBinding', 'ResourceBinding'].includes((object as { $kind?: string })?.$kind ?? '')

export const rolloutTests = replayTests('rollout', {
  TestPickBindingsToRoll: (input, line) => pick(input, wantOf<PickWant>(line)),
  TestIsBindingReady: (input, line) => {
    const want = wantOf<{ wantReady: boolean; wantWaitTime: { seconds: number } }>(line)
    const { ready, waitMs } = readiness(bindingOf(input['binding']), Date.parse(input['readyTimeCutOff'] as string))
    const seconds = waitMs === undefined ? -1e-9 : waitMs / 1000
    return [...compare(want.wantReady, ready, 'ready'), ...compare(want.wantWaitTime.seconds, seconds, 'wait')]
  },
  TestWaitForResourcesToCleanUp: (input, line) => {
    const want = wantOf<{ wantWait: boolean; wantErr: boolean }>(line)
    const { kind } = cleanupGuard(bindingsOf(input['allBindings']))
    return [...compare(want.wantWait, kind === 'wait', 'wait'), ...compare(want.wantErr, kind === 'error', 'error')]
  },
  TestUpdateBindings: (input, line) => {
    const desired = (input['desiredBindingsSpec'] ?? []) as Record<string, unknown>[]
    const kept = ((input['bindings'] ?? []) as BindingObject[]).flatMap((object, at) =>
      object.spec['state'] === 'Unscheduled' ? [] : [{ ...object, spec: desired[at] ?? {} }],
    )
    return sameBindings(
      wantOf<{ wantBindings: unknown }>(line).wantBindings,
      marked(kept, () => true),
    )
  },
  TestUpdateStaleBindingsStatus: (input, line) => {
    // Only bindings that are placed, or to be, can be stale.
    const stale = ({ state }: Binding) => (state === 'Unscheduled' ? undefined : false)
    return sameBindings(wantOf<{ wantBindings: unknown }>(line).wantBindings, marked(input['bindings'], stale))
  },
  TestRefreshUpToDateBindingStatus: (input, line) => {
    const { plan } = settled(input['upToDateBindings'])
    const started = new Set(plan.started.map(({ name }) => name))
    const after = marked(input['upToDateBindings'], ({ name }) => (started.has(name) ? true : undefined))
    return sameBindings(wantOf<{ wantBindings: unknown }>(line).wantBindings, after)
  },
  TestProcessApplyStrategyUpdates: (input, line) => {
    const want = wantOf<{ wantAllBindings?: unknown; wantApplyStrategyUpdated?: boolean }>(line)
    const applyStrategy = effectiveApplyStrategy((input['crp'] as Placement).spec.strategy?.applyStrategy)
    const objects = (input['allBindings'] ?? []) as BindingObject[]
    const plan = planRollout({
      placement: input['crp'] as Placement,
      bindings: bindingsOf(objects),
      latestSnapshot: undefined,
      overrides: { cluster: [], namespaced: [] },
      clusters: [],
      now: vectorNow,
    })
    const pushed = new Map(plan.applyStrategyPushes.map((push) => [push.binding.name, push.applyStrategy]))
    const after = objects.map((object) => {
      const strategy = pushed.get(object.metadata.name ?? '')
      return strategy && !sameApplyStrategy(object.spec['applyStrategy'] as never, applyStrategy)
        ? { ...object, spec: { ...object.spec, applyStrategy: strategy } }
        : object
    })
    return [
      ...compare(want.wantApplyStrategyUpdated, pushed.size > 0, 'updated'),
      ...sameBindings(want.wantAllBindings, after),
    ]
  },
  TestHandleResourceOverrideSnapshot: (input, line) => {
    const key = overrideWakes(input['snapshot'] as OverrideObject, 'ResourceOverrideSnapshot', input['enqueueCRP'])
    return compare(wantOf<{ wantEnqueueKeys?: unknown }>(line).wantEnqueueKeys, keysOf(key), 'keys')
  },
  TestHandleResourceOverride: (input, line) => {
    const key = overrideWakes(input['resourceOverride'] as OverrideObject, 'ResourceOverride', input['enqueueCRP'])
    return compare(wantOf<{ wantEnqueueKeys?: unknown }>(line).wantEnqueueKeys, keysOf(key), 'keys')
  },
  TestHandleBindingUpdated: (input, line) => {
    const [before, after] = [input['oldBinding'], input['newBinding']]
    const wakes = isBinding(before) && isBinding(after) && bindingChangeMatters(bindingOf(before), bindingOf(after))
    return compare(Boolean(wantOf<{ wantEnqueueKeys?: unknown }>(line).wantEnqueueKeys), wakes, 'wakes')
  },
  TestCheckAndUpdateStaleBindingsStatus: (input, line) => {
    const fresh = ((input['bindings'] ?? []) as BindingObject[]).map((object) => ({
      ...object,
      // A round without anything to roll has no Scheduled bindings left to bind.
      spec: object.spec['state'] === 'Unscheduled' ? object.spec : { ...object.spec, state: 'Bound' },
    }))
    const { plan } = settled(fresh.filter(({ spec }) => spec['state'] === 'Bound'))
    const started = new Set(plan.started.map(({ name }) => name))
    const after = marked(input['bindings'], ({ name }) => (started.has(name) ? true : undefined))
    return sameBindings(wantOf<{ wantBindings: unknown }>(line).wantBindings, after)
  },
})

export const bindingState = replayTests('binding-state', {
  TestHasBindingFailed: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, hasFailed(bindingOf(input['binding']))),
  TestHasBindingFailed_NonTerminalReasons: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, hasFailed(bindingOf(input['binding']))),
  TestIsBindingReportDiff: (input, line) =>
    compare(wantOf<{ want: boolean }>(line).want, isDiffReported(bindingOf(input['binding']))),
})
