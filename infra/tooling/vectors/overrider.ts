// Finding overrides, checking them, and applying them.
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type {
  ClusterResourceOverrideSnapshot,
  ClusterResourceOverrideSpec,
  JsonPatchOverride,
  OverridePolicy,
  OverrideRule,
  ResourceOverrideSnapshot,
  ResourceOverrideSpec,
} from '../../../shared/api/override.ts'
import { applyOverrides, type NamedPolicy, overrideTarget } from '../../../shared/domain/override/apply.ts'
import { ruleMatchesCluster } from '../../../shared/domain/override/cluster-match.ts'
import { matchOverrides, pickOverrides } from '../../../shared/domain/override/match.ts'
import {
  clusterResourceOverrideProblems,
  clusterSelectorProblems,
  jsonPatchProblems,
  pathProblem,
  policyProblems,
  problemsText,
  repeated,
  resourceOverrideProblems,
  selectorText,
} from '../../../shared/domain/override/validate.ts'
import { withLabels } from '../../../shared/domain/override/variables.ts'
import { overridesOf, policiesOf } from '../../../shared/domain/work/render.ts'
import { InvalidInputError } from '../../../shared/errors.ts'
import { compare, compareUnordered, type Difference, type Input, replayTests, type Vector, wantOf } from './replayer.ts'
import { type ClusterObject, overridesOf as readOverrides, resourcesOf } from './rollout-objects.ts'

/** The outcome, or the text of the refusal. Anything else that is thrown is a failure of the replay. */
function attempt<T>(run: () => T): { value?: T; refusal?: string } {
  try {
    return { value: run() }
  } catch (error) {
    if (error instanceof InvalidInputError) return { refusal: error.message }
    throw error
  }
}

const factsOf = (cluster: unknown) => {
  const { name, labels } = (cluster as ClusterObject | undefined)?.metadata ?? { name: 'cluster-1' }
  return { name: name ?? '', labels }
}

interface Spec {
  readonly metadata?: unknown
  readonly spec: unknown
}
const identities = (list: unknown) =>
  ((list ?? []) as { metadata: { name: string; namespace?: string } }[]).map(({ metadata }) => ({
    name: metadata.name,
    namespace: metadata.namespace ?? '',
  }))

export const overrider = replayTests('overrider', {
  TestFetchAllMatchingOverridesForResourceSnapshot: (input, line) => {
    const want = wantOf<{ wantCRO?: unknown; wantRO?: unknown }>(line)
    const snapshots = [input['master'], ...((input['snapshots'] ?? []) as unknown[])]
    const all = readOverrides(input['croList'], input['roList'])
    // The tables leave the key out for a cluster-scoped placement that no override names.
    const got = matchOverrides((input['placementKey'] ?? '') as string, snapshots.flatMap(resourcesOf), all)
    return [
      ...compareUnordered(identities(want.wantCRO), identities(got.cluster), 'cluster'),
      ...compareUnordered(identities(want.wantRO), identities(got.namespaced), 'namespaced'),
    ]
  },
  TestPickFromResourceMatchedOverridesForTargetCluster: (input, line) => {
    const want = wantOf<{ wantCRO?: string[]; wantRO?: unknown[]; wantErr?: unknown }>(line)
    const { clusterName } = input['context'] as { clusterName: string }
    const { name, labels } = factsOf(input['cluster'])
    // A cluster that is not there ends the plan before anything is picked.
    if (want.wantErr !== undefined) return compare(true, name !== clusterName, 'cluster is missing')
    const got = pickOverrides(readOverrides(input['croList'], input['roList']), labels)
    return [
      ...compare(want.wantCRO, got.clusterResourceOverrideSnapshots, 'cluster'),
      ...compare(want.wantRO, got.resourceOverrideSnapshots, 'namespaced'),
    ]
  },
  TestIsClusterMatched: (input, line) =>
    compare(
      wantOf<{ want: boolean }>(line).want,
      ruleMatchesCluster((input['rule'] ?? {}) as OverrideRule, factsOf(input['cluster']).labels),
    ),
})

interface MapEntry {
  readonly key: { group?: string; version: string; kind: string; name: string; namespace?: string }
  readonly value: readonly { metadata?: { name?: string }; spec: { overrideSpec: { policy?: OverridePolicy } } }[]
}

/** The override map of a table, as the renderer keeps it. */
export function policiesFrom(croMap: unknown, roMap: unknown) {
  const named = (kind: NamedPolicy['kind']) => (entries: unknown) =>
    ((entries ?? []) as MapEntry[]).map(({ key, value }): [string, NamedPolicy[]] => [
      [key.group ?? '', key.version, key.kind, key.namespace ?? '', key.name].join(' '),
      value.map(({ metadata, spec }) => ({ kind, name: metadata?.name ?? '', policy: spec.overrideSpec.policy })),
    ])
  return {
    cluster: new Map(named('ClusterResourceOverrideSnapshot')(croMap)),
    namespaced: new Map(named('ResourceOverrideSnapshot')(roMap)),
  }
}

function applied(input: Input, line: Vector, objectField: string, wantField: string): Difference[] {
  const want = wantOf<Record<string, unknown>>(line)
  const object = input[objectField] as KubeObject
  const policies = policiesFrom(input['croMap'], input['roMap'])
  const { value, refusal } = attempt(() =>
    applyOverrides(object, overridesOf(object, policies), factsOf(input['cluster'])),
  )
  const parts = (want['wantErrSubstr'] ?? []) as string[]
  const failed = [
    ...compare(want['wantErr'] !== undefined, refusal !== undefined, `error (${refusal})`),
    ...parts.flatMap((part) => compare(true, (refusal ?? '').includes(part), `${refusal} contains ${part}`)),
  ]
  if (refusal !== undefined || want['wantErr'] !== undefined) return failed
  const deleted = compare(want['wantDeleted'] === true, value === undefined, 'deleted')
  return value === undefined ? deleted : [...deleted, ...compare(want[wantField], value, 'object')]
}

/** Override snapshots of a binding, by the object they select. */
function fetched(input: Input, line: Vector, kind: 'cluster' | 'namespaced'): Difference[] {
  const want = wantOf<{
    want?: { key: MapEntry['key']; value: { metadata: { name: string } }[] }[]
    wantErr?: unknown
  }>(line)
  const { snapshots } = input['context'] as { snapshots: unknown }
  const names = (input['snapshotNames'] ?? []) as never[]
  const lists =
    kind === 'cluster'
      ? { clusterResourceOverrideSnapshots: names, resourceOverrideSnapshots: [] }
      : { clusterResourceOverrideSnapshots: [], resourceOverrideSnapshots: names }
  const stored =
    kind === 'cluster'
      ? { cluster: snapshots as ClusterResourceOverrideSnapshot[], namespaced: [] }
      : { cluster: [], namespaced: snapshots as ResourceOverrideSnapshot[] }
  const { value, refusal } = attempt(() => policiesOf(lists, stored))
  if (want.wantErr !== undefined || value === undefined)
    return compare(want.wantErr !== undefined, refusal !== undefined, 'error')
  const got = [...value[kind]].map(([key, list]) => ({ key, names: list.map(({ name }) => name) }))
  const wanted = (want.want ?? []).map(({ key, value: list }) => ({
    key: [key.group ?? '', key.version, key.kind, key.namespace ?? '', key.name].join(' '),
    names: list.map(({ metadata }) => metadata.name),
  }))
  return compareUnordered(wanted, got)
}

/** A patch value as it is stored; one that is no JSON cannot be. */
function isStorable(patches: unknown): boolean {
  return !JSON.stringify(patches).includes('"$rawText"')
}

export const workgeneratorOverride = replayTests('workgenerator-override', {
  TestFetchClusterResourceOverrideSnapshot: (input, line) => fetched(input, line, 'cluster'),
  TestFetchResourceOverrideSnapshot: (input, line) => fetched(input, line, 'namespaced'),
  TestApplyOverrides_clusterScopedResource: (input, line) => applied(input, line, 'clusterRole', 'wantClusterRole'),
  TestApplyOverrides_namespaceScopedResource: (input, line) => applied(input, line, 'deployment', 'wantDeployment'),
  TestApplyJSONPatchOverride: (input, line) => {
    const want = wantOf<{ wantErr: boolean; wantDeployment?: unknown }>(line)
    const overrides = (input['overrides'] ?? []) as JsonPatchOverride[]
    if (!isStorable(overrides))
      return compare(want.wantErr, true, 'a value that is no JSON is refused when it is stored')
    const rule: OverrideRule = { clusterSelector: { clusterSelectorTerms: [] }, jsonPatchOverrides: overrides }
    const policy: NamedPolicy = { kind: 'ResourceOverrideSnapshot', name: 'ro', policy: { overrideRules: [rule] } }
    const object = input['deployment'] as KubeObject
    const { value, refusal } = attempt(() => applyOverrides(object, [policy], factsOf(input['cluster'])))
    if (want.wantErr || refusal !== undefined) return compare(want.wantErr, refusal !== undefined, `error (${refusal})`)
    return compare(want.wantDeployment, value)
  },
  TestReplaceClusterLabelKeyVariables: (input, line) => {
    const want = wantOf<{ wantErr: boolean; want?: string }>(line)
    const { value, refusal } = attempt(() => withLabels(input['input'] as string, factsOf(input['cluster'])))
    return [...compare(want.wantErr, refusal !== undefined, 'error'), ...compare(want.want, value, 'text')]
  },
  TestFormatOverrideTarget: (input, line) =>
    compare(
      wantOf<{ want: string }>(line).want,
      overrideTarget((input['kind'] ?? '') as string, input['name'] as string, (input['namespace'] ?? '') as string),
    ),
})

function checked(line: Vector, problems: readonly (string | undefined)[]): Difference[] {
  const wanted = wantOf<{ wantErrMsg?: { error: string } }>(line).wantErrMsg?.error
  const got = problemsText(problems.filter((problem) => problem !== undefined))
  if (wanted === undefined) return compare(undefined, got, 'valid')
  return got?.includes(wanted) ? [] : [{ field: 'error', wanted, got }]
}

type Cro = { metadata: { name?: string }; spec: ClusterResourceOverrideSpec }
type Ro = { metadata: { name?: string }; spec: ResourceOverrideSpec }

/** Overrides named `override-<i>` that select `example-<i>`. */
function numbered(count: unknown, field: string): Spec[] {
  return Array.from({ length: (count ?? 0) as number }, (_, at) => ({
    metadata: { name: `override-${at}` },
    spec: { [field]: [{ group: 'group', version: 'v1', kind: 'kind', name: `example-${at}` }] },
  }))
}

const itemsOf = <T>(list: unknown) => ((list as { items?: T[] } | undefined)?.items ?? []) as T[]

export const validatorClusterResourceOverride = replayTests('validator-clusterresourceoverride', {
  TestValidateClusterResourceSelectors: (input, line) =>
    checked(line, clusterSelectorProblems((input['cro'] as Cro).spec.clusterResourceSelectors ?? [])),
  TestValidateClusterResourceOverrideResourceLimit: (input, line) =>
    checked(
      line,
      clusterResourceOverrideProblems(
        input['cro'] as Cro,
        numbered(input['overrideCount'], 'clusterResourceSelectors') as Cro[],
      ),
    ),
  TestValidateClusterResourceOverride: (input, line) =>
    checked(line, clusterResourceOverrideProblems(input['cro'] as Cro, itemsOf<Cro>(input['croList']))),
})

export const validatorResourceOverride = replayTests('validator-resourceoverride', {
  TestValidateResourceSelectors: (input, line) =>
    checked(line, repeated(((input['ro'] as Ro).spec.resourceSelectors ?? []).map(selectorText))),
  TestValidateResourceOverrideResourceLimit: (input, line) =>
    checked(
      line,
      resourceOverrideProblems(input['ro'] as Ro, numbered(input['overrideCount'], 'resourceSelectors') as Ro[]),
    ),
  TestValidateResourceOverride: (input, line) =>
    checked(line, resourceOverrideProblems(input['ro'] as Ro, itemsOf<Ro>(input['roList']))),
  TestValidateOverridePolicy: (input, line) => checked(line, policyProblems(input['policy'] as OverridePolicy)),
  TestValidateJSONPatchOverride: (input, line) =>
    checked(line, jsonPatchProblems(input['jsonPatchOverrides'] as JsonPatchOverride[] | undefined)),
  TestValidateJSONPatchOverridePath: (input, line) => checked(line, [pathProblem((input['path'] ?? '') as string)]),
})
