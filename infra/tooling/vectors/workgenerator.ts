// What the hub makes of snapshots for a cluster: envelopes, names and labels, and the binding's status from its works.
import type { Binding } from '../../../shared/api/binding.ts'
import type { Condition } from '../../../shared/api/condition.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { ApplyStrategy } from '../../../shared/api/placement.ts'
import { sameApplyStrategy } from '../../../shared/domain/rollout/strategy.ts'
import {
  appliedCondition,
  availableCondition,
  bindingStatus,
  diffedOf,
  diffReportedCondition,
  driftedOf,
  failedOf,
  listLimits,
  type Summary,
  type WorkView,
} from '../../../shared/domain/work/binding-status.ts'
import { envelopeContent, envelopeKind } from '../../../shared/domain/work/envelope.ts'
import { envelopeSuffix, subWorkName, workMeta } from '../../../shared/domain/work/labels.ts'
import { memberNamespace, workName } from '../../../shared/domain/work/names.ts'
import { overridden, renderManifests, unpack } from '../../../shared/domain/work/render.ts'
import { InvalidInputError, InvariantError } from '../../../shared/errors.ts'
import { policiesFrom } from './overrider.ts'
import {
  compare,
  compareUnordered,
  type Difference,
  type Input,
  replayTests,
  type Vector,
  vectorNow,
  wantOf,
} from './replayer.ts'
import { bindingOf, type ClusterObject } from './rollout-objects.ts'
import type { WorkObject } from './workapplier-objects.ts'

const envelopeVersion = 'placement.kubernetes-fleet.io/v1beta1'

/** An envelope object; the tables name its kind apart. */
function envelopeOf(written: unknown): KubeObject {
  const { $kind, ...object } = written as KubeObject & { $kind?: string }
  return {
    ...object,
    apiVersion: envelopeVersion,
    kind: $kind ?? object.kind,
    metadata: object.metadata ?? {},
  } as KubeObject
}

function attempt<T>(run: () => T): { value?: T; refusal?: string } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof InvariantError) return { refusal: error.message }
    throw error
  }
}

const keyOf = ({ kind, metadata }: KubeObject) => `${kind}/${metadata.namespace ?? ''}/${metadata.name ?? ''}`

function overriddenEnvelope(input: Input, line: Vector): Difference[] {
  const want = wantOf<{
    wantByResourceKey?: Record<string, string>
    wantRawByResourceKey?: Record<string, string>
    wantErrSubstrings?: string[]
  }>(line)
  const { cluster } = input['context'] as { cluster: ClusterObject }
  const policies = policiesFrom(input['croMap'], input['roMap'])
  const { value, refusal } = attempt(() =>
    unpack(envelopeOf(input['envelopeReader']))
      .flatMap((manifest) => overridden(manifest, policies, cluster.metadata))
      .map(({ object }) => [keyOf(object), object] as const),
  )
  if (want.wantErrSubstrings?.length || value === undefined) {
    return (want.wantErrSubstrings ?? ['no error']).flatMap((part) =>
      compare(true, refusal?.includes(part), `${refusal} contains ${part}`),
    )
  }
  const wanted = { ...want.wantByResourceKey, ...want.wantRawByResourceKey }
  const parsed = Object.fromEntries(Object.entries(wanted).map(([key, text]) => [key, JSON.parse(text) as unknown]))
  return compare(parsed, Object.fromEntries(value))
}

interface EnvelopeContext {
  readonly resourceBinding: { readonly metadata: { readonly name: string } }
  readonly resourceSnapshot: { readonly metadata: { readonly name: string; readonly labels?: Record<string, string> } }
}

/** The Work of an envelope. Whether one like it is stored already makes no difference: it is shown, not stored. */
function envelopeWork(input: Input, line: Vector): Difference[] {
  const want = wantOf<{ want?: Record<string, unknown>; wantErr?: boolean }>(line)
  const { resourceBinding, resourceSnapshot } = input['context'] as unknown as EnvelopeContext
  const envelope = envelopeOf(input['envelopeReader'])
  const binding = bindingOf(resourceBinding)
  const { value: manifests, refusal } = attempt(() => envelopeContent(envelope))
  if (want.wantErr || manifests === undefined) return compare(want.wantErr, refusal !== undefined, `error (${refusal})`)
  const { name = '', namespace } = envelope.metadata
  const labels = resourceSnapshot.metadata.labels ?? {}
  const index = labels['kubernetes-fleet.io/resource-index']
  const meta = workMeta({
    placement: labels['kubernetes-fleet.io/parent-CRP'] ?? '',
    binding: binding.name,
    snapshotName: binding.resourceSnapshotName,
    snapshotIndex: index === undefined ? undefined : Number(index),
    overrideHash: input['resourceOverrideSnapshotHash'] as string,
    clusterOverrideHash: input['clusterResourceOverrideSnapshotHash'] as string,
    envelope: { type: envelope.kind, name, namespace },
  })
  const got = {
    metadata: { namespace: memberNamespace(binding.targetCluster), ...meta },
    spec: { workload: { manifests } },
  }
  const { status: _, ...wanted } = want.want ?? {}
  return compare(wanted, got)
}

export const workgeneratorEnvelope = replayTests('workgenerator-envelope', {
  TestExtractManifestsFromEnvelopeCR: (input, line) => {
    const want = wantOf<{ want?: unknown; wantErr?: boolean }>(line)
    const { value, refusal } = attempt(() => envelopeContent(envelopeOf(input['envelopeReader'])))
    if (want.wantErr || refusal !== undefined)
      return compare(Boolean(want.wantErr), refusal !== undefined, `error (${refusal})`)
    return compare(want.want, value)
  },
  TestApplyOverridesToEnvelopeManifests: overriddenEnvelope,
  TestCreateOrUpdateEnvelopeCRWorkObj: envelopeWork,
  TestProcessOneSelectedResource: (input, line) => {
    const want = wantOf<{ wantNewWorkLen?: number; wantSimpleManifestsLen?: number; wantErr?: boolean }>(line)
    const object = input['selectedResource'] as KubeObject
    const rendered = renderManifests({
      objects: [object],
      lists: { clusterResourceOverrideSnapshots: [], resourceOverrideSnapshots: [] },
      overrides: { cluster: [], namespaced: [] },
      cluster: { name: 'test-cluster' },
    })
    if (rendered.kind === 'failed') return compare(want.wantErr, true, rendered.message)
    const plain = rendered.manifests.filter(({ envelope }) => envelope === undefined)
    return [
      ...compare(want.wantNewWorkLen, envelopeKind(object) ? 1 : 0, 'envelope works'),
      ...compare(want.wantSimpleManifestsLen, plain.length, 'plain manifests'),
    ]
  },
  TestEnvelopeWorkNameSuffix: (input, line) => {
    const suffixOf = (written: unknown) => {
      const { metadata, $kind = 'ResourceEnvelope' } = written as KubeObject & { $kind?: string }
      return envelopeSuffix({ type: $kind, name: metadata.name ?? '', namespace: metadata.namespace })
    }
    const { base } = input['context'] as { base: unknown }
    const [one, other] = [suffixOf(base), suffixOf(input['other'])]
    return [
      ...compare(wantOf<{ wantEqual: boolean }>(line).wantEqual, one === other, 'equal'),
      ...compare(true, /^[0-9a-f]{16}$/.test(one), 'shape'),
    ]
  },
})

function viewsOf(works: unknown): WorkView[] {
  return Object.values((works ?? {}) as Record<string, WorkObject>).map(viewOf)
}

function viewOf(work: WorkObject & { metadata: { labels?: Record<string, string> } }): WorkView {
  const labels = work.metadata.labels ?? {}
  const type = labels['kubernetes-fleet.io/envelope-work']
  const name = labels['kubernetes-fleet.io/envelope-name'] ?? ''
  const namespace = labels['kubernetes-fleet.io/envelope-namespace']
  return {
    name: work.metadata.name ?? '',
    generation: work.metadata.generation ?? 0,
    status: work.status,
    ...(type && { envelope: { type, name, ...(namespace && { namespace }) } }),
  }
}

type Folded = {
  readonly summary: Summary
  readonly condition: Omit<Condition, 'observedGeneration' | 'lastTransitionTime'>
}

function folded(want: Condition | undefined, summary: unknown, got: Folded, generation: number): Difference[] {
  const { message: _, ...condition } = got.condition
  const { message: __, lastTransitionTime: ___, ...wanted } = want ?? {}
  return [
    ...compare(summary, got.summary, 'summary'),
    ...compare(wanted, { ...condition, observedGeneration: generation }, 'condition'),
  ]
}

/** List entries without messages and times of conditions. */
function bare(entries: unknown): Record<string, unknown>[] {
  return ((entries ?? []) as (Record<string, unknown> & { condition?: Condition })[]).map(({ condition, ...rest }) =>
    condition
      ? { ...rest, condition: { type: condition.type, status: condition.status, reason: condition.reason } }
      : rest,
  )
}

interface ListWant {
  readonly wantFailedResourcePlacements?: unknown[]
  readonly wantDriftedResourcePlacements?: unknown[]
  readonly wantDiffedResourcePlacements?: unknown[]
}

function lists(input: Input, line: Vector): Difference[] {
  const want = wantOf<ListWant>(line)
  const limits = {
    failed: (input['maxFailedResourcePlacementLimit'] ?? listLimits.failed) as number,
    drifted: (input['maxDriftedResourcePlacementLimit'] ?? listLimits.drifted) as number,
    diffed: (input['maxDiffedResourcePlacementLimit'] ?? listLimits.diffed) as number,
  }
  const got = bindingStatus({
    outcome: { kind: 'synced', hasOverrides: false, works: viewsOf(input['works']) },
    strategy: (input['applyStrategy'] as ApplyStrategy | undefined)?.type,
    generation: 1,
    previous: [],
    now: new Date(vectorNow).toISOString(),
    limits,
  })
  const wanted = [
    ['failed', want.wantFailedResourcePlacements ?? [], got.failed, limits.failed],
    ['drifted', want.wantDriftedResourcePlacements ?? [], got.drifted, limits.drifted],
    ['diffed', want.wantDiffedResourcePlacements ?? [], got.diffed, limits.diffed],
  ] as const
  const differences: Difference[] = []
  for (const [field, entries, found, limit] of wanted) {
    if (entries.length === limit && limit < 100) {
      // Which entries stay within a limit is left to us; only how many counts, and the lists after it do not.
      return [...differences, ...compare(entries.length, found.length, `${field}.length`)]
    }
    differences.push(...compareUnordered(bare(entries), bare(found), field))
  }
  return differences
}

export const workgeneratorStatus = replayTests('workgenerator-status', {
  TestGetWorkNamePrefixFromSnapshotName: (input, line) => {
    const want = wantOf<{ wantErr?: unknown; wantedName?: string }>(line)
    const { metadata } = input['resourceSnapshot'] as { metadata: KubeObject['metadata'] }
    const name = metadata.labels?.['kubernetes-fleet.io/parent-CRP'] ?? ''
    const placement = metadata.namespace ? `${metadata.namespace}/${name}` : name
    const subindex = metadata.annotations?.['kubernetes-fleet.io/subindex-of-resource-snapshot']
    const { value, refusal } = attempt(() =>
      subindex === undefined ? workName(placement) : subWorkName(placement, Number(subindex)),
    )
    return [
      ...compare(want.wantErr !== undefined, refusal !== undefined, 'error'),
      ...compare(want.wantedName, value, 'name'),
    ]
  },
  TestSetAllWorkAppliedCondition: (input, line) => {
    const want = wantOf<{ wantAppliedCond?: Condition; wantWorkAppliedCondSummaryStatus: string }>(line)
    const got = appliedCondition(viewsOf(input['works']))
    return folded(want.wantAppliedCond, want.wantWorkAppliedCondSummaryStatus, got, input['generation'] as number)
  },
  TestSetAllWorkDiffReportedCondition: (input, line) => {
    const want = wantOf<{ wantDiffReportedCondition?: Condition; wantWorkDiffReportedCondSummaryStatus: string }>(line)
    const { bindingTemplate } = input['context'] as { bindingTemplate: unknown }
    const got = diffReportedCondition(viewsOf(input['works']))
    const { generation } = bindingOf(bindingTemplate)
    return folded(want.wantDiffReportedCondition, want.wantWorkDiffReportedCondSummaryStatus, got, generation)
  },
  TestSetAllWorkAvailableCondition: (input, line) => {
    const want = wantOf<{ wantAvailableCond?: Condition; wantWorkAvailableCondSummaryStatus: string }>(line)
    const binding: Binding = bindingOf(input['binding'])
    const isApplied = binding.conditions.some(({ type, status }) => type === 'Applied' && status === 'True')
    // Whether works are available is not looked at before they are applied.
    if (!isApplied) return compare(undefined, want.wantAvailableCond, 'condition')
    const got = availableCondition(viewsOf(input['works']))
    return folded(want.wantAvailableCond, want.wantWorkAvailableCondSummaryStatus, got, binding.generation)
  },
  TestSetBindingStatus: lists,
  TestExtractFailedResourcePlacementsFromWork: (input, line) =>
    compareUnordered(
      bare(wantOf<{ want?: unknown[] }>(line).want),
      bare(failedOf(viewOf(input['work'] as WorkObject))),
    ),
  TestExtractDriftedResourcePlacementsFromWork: (input, line) =>
    compareUnordered(
      bare(wantOf<{ want?: unknown[] }>(line).want),
      bare(driftedOf(viewOf(input['work'] as WorkObject))),
    ),
  TestExtractDiffedResourcePlacementsFromWork: (input, line) =>
    compareUnordered(
      bare(wantOf<{ want?: unknown[] }>(line).want),
      bare(diffedOf(viewOf(input['work'] as WorkObject))),
    ),
  TestSyncApplyStrategy: (input, line) => {
    const want = wantOf<{ wantUpdated: boolean; wantApplyStrategy?: ApplyStrategy }>(line)
    const { applyStrategy } = bindingOf(input['resourceBinding'])
    const before = (input['work'] as WorkObject).spec?.applyStrategy
    const updated = !sameApplyStrategy(before, applyStrategy)
    return [
      ...compare(want.wantUpdated, updated, 'updated'),
      ...compare(want.wantApplyStrategy, updated ? applyStrategy : before),
    ]
  },
})
