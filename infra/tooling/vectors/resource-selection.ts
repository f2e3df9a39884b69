// Resource selection: reads planned by the domain are answered from the caches in the vector.
import type { GroupVersionKind, KubeObject } from '../../../shared/api/kube-object.ts'
import type { ResourceSelectorTerm } from '../../../shared/api/placement.ts'
import { cleanObject } from '../../../shared/domain/placement/clean-object.ts'
import {
  defaultKindRules,
  emptyAllowList,
  type KindRules,
  mayPropagateKind,
  withKinds,
} from '../../../shared/domain/placement/kind-rules.ts'
import { catalogOf, type SelectableKind } from '../../../shared/domain/placement/kinds.ts'
import { mayPropagateObject } from '../../../shared/domain/placement/object-rules.ts'
import { inOrder } from '../../../shared/domain/placement/order.ts'
import {
  findNamespace,
  planNamespaceReads,
  planReads,
  type SelectionContext,
  type SelectionRead,
  selectResources,
} from '../../../shared/domain/placement/select.ts'
import { compare, type Difference, type Input, replayTests, type Vector, wantOf } from './replayer.ts'

interface Informer {
  readonly APIResources?: readonly { readonly key: GroupVersionKind; readonly value: boolean }[]
  readonly IsClusterScopedResource: boolean
  readonly Listers?: readonly {
    readonly key: { readonly group: string; readonly resource: string; readonly version: string }
    readonly value: { readonly Objects?: readonly KubeObject[]; readonly Err?: { readonly apiReason?: string } }
  }[]
  readonly NamespaceScopedResources?: readonly {
    readonly group: string
    readonly resource: string
    readonly version: string
  }[]
  readonly InformerSynced?: boolean
}

interface UpstreamRules {
  readonly groups?: readonly string[]
  readonly groupVersions?: KindRules['groupVersions']
  readonly groupKinds?: KindRules['groupKinds']
  readonly groupVersionKinds?: KindRules['kinds']
  readonly isAllowList?: boolean
}

/** The REST mapping upstream's resolver knows in these tests. */
const mapping: readonly (GroupVersionKind & { readonly resource: string })[] = [
  { group: '', version: 'v1', kind: 'Namespace', resource: 'namespaces' },
  { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps' },
  { group: '', version: 'v1', kind: 'Node', resource: 'nodes' },
  { group: '', version: 'v1', kind: 'Endpoints', resource: 'endpoints' },
  { group: '', version: 'v1', kind: 'Service', resource: 'services' },
  { group: 'apps', version: 'v1', kind: 'Deployment', resource: 'deployments' },
  { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRole', resource: 'clusterroles' },
]

/** What a failed read becomes: the class of the error. */
class FailedRead extends Error {
  readonly class: string
  constructor(kind: string) {
    super(kind)
    this.class = kind
  }
}

function rulesOf(rules: UpstreamRules | undefined): KindRules {
  if (!rules) return { ...emptyAllowList, allowList: false }
  return {
    allowList: rules.isAllowList ?? false,
    groups: rules.groups ?? [],
    groupVersions: rules.groupVersions ?? [],
    groupKinds: rules.groupKinds ?? [],
    kinds: rules.groupVersionKinds ?? [],
  }
}

function kindsOf(informer: Informer | undefined): SelectableKind[] {
  const contents = informer?.NamespaceScopedResources ?? []
  return mapping.map(({ resource, ...kind }) => {
    const listed = (informer?.APIResources ?? []).some(
      ({ key, value }) => value && key.group === kind.group && key.version === kind.version && key.kind === kind.kind,
    )
    const preferred = contents.some((entry) => entry.group === kind.group && entry.resource === resource)
    return {
      ...kind,
      resource,
      // A Namespace is cluster-scoped, and what is inside one is not, whatever a cache that was not filled says.
      namespaced: preferred || (kind.kind !== 'Namespace' && listed !== (informer?.IsClusterScopedResource ?? false)),
      preferred,
    }
  })
}

/** Answers reads like a cache: not synced, failing and missing objects included. */
function read(informer: Informer | undefined, { kind, namespace, name }: SelectionRead): readonly KubeObject[] {
  if (informer?.InformerSynced === false) throw new FailedRead('ExpectedBehavior')
  const lister = informer?.Listers?.find(({ key }) => key.group === kind.group && key.resource === kind.resource)?.value
  if (lister?.Err?.apiReason === 'NotFound' && name !== undefined) return []
  if (lister?.Err) throw new FailedRead(lister.Err.apiReason ? 'APIServerError' : 'UnexpectedBehavior')
  return (lister?.Objects ?? []).filter(
    ({ metadata }) =>
      (namespace === undefined || metadata.namespace === namespace) && (name === undefined || metadata.name === name),
  )
}

type Outcome = { readonly objects?: readonly KubeObject[]; readonly class?: string; readonly text?: string }

function gather(input: Input): Outcome {
  const informer = input['informerManager'] as Informer | undefined
  const { namespace } = input['placementName'] as { namespace?: string }
  const context: SelectionContext = {
    ...(namespace && { namespace }),
    selectors: (input['selectors'] ?? []) as ResourceSelectorTerm[],
    kinds: catalogOf(kindsOf(informer)),
    rules: rulesOf(input['resourceConfig'] as UpstreamRules | undefined),
  }
  try {
    const first = planReads(context).flatMap((planned) => read(informer, planned))
    const second = planNamespaceReads(context, first).flatMap((planned) => read(informer, planned))
    const { objects, error } = selectResources(context, [...first, ...second])
    return error === undefined ? { objects } : { class: 'UserError', text: error }
  } catch (error) {
    if (error instanceof FailedRead) return { class: error.class }
    throw error
  }
}

function gatherTest(input: Input, line: Vector): Difference[] {
  const want = wantOf<{ want?: KubeObject[]; wantError?: { class?: string }; wantErrMsg?: string }>(line)
  const outcome = gather(input)
  const text = want.wantErrMsg
  return [
    ...compare(want.wantError?.class, outcome.class, 'error'),
    ...(want.wantError ? [] : compare(want.want, outcome.objects, 'objects')),
    ...(text && !outcome.text?.includes(text) ? [{ field: 'error text', wanted: text, got: outcome.text }] : []),
  ]
}

export const resourceSelection = replayTests('resource-selection', {
  TestGenerateResourceContent: (input, line) =>
    compare(wantOf<{ wantResource: unknown }>(line).wantResource, cleanObject(input['resource'] as KubeObject)),
  TestGatherSelectedResource: gatherTest,
  TestGatherSelectedResource_ErrorCases: gatherTest,
  TestSortResources: (input, line) =>
    compare(wantOf<{ want: unknown }>(line).want, inOrder((input['resources'] ?? []) as KubeObject[])),
  TestFetchSelectedNamespace(input, line) {
    const skipped = Object.keys((input['skippedNamespaces'] ?? {}) as object)
    const objects = (input['informerManager'] as Informer).Listers?.flatMap(({ value }) => value.Objects ?? []) ?? []
    const found = findNamespace(input['selector'] as ResourceSelectorTerm, objects, skipped)
    const want = wantOf<{ want: string; wantFound: boolean }>(line)
    return [...compare(want.want, found, 'namespace'), ...compare(want.wantFound, found !== undefined, 'found')]
  },
  TestShouldPropagateObj(input, line) {
    const object = input['obj'] as KubeObject
    const ownerReferences = input['ownerReferences'] as KubeObject['metadata']['ownerReferences']
    const owned = { ...object, metadata: { ...object.metadata, ...(ownerReferences && { ownerReferences }) } }
    const travels = mayPropagateObject(owned, {
      workloadsRun: input['enableWorkload'] === true,
      serviceExists: () => false,
    })
    return compare(wantOf<{ want: boolean }>(line).want, travels)
  },
})

function kindsTest(rules: KindRules, line: Vector): Difference[] {
  const { enabled, disabled } = wantOf<{ enabled?: GroupVersionKind[]; disabled?: GroupVersionKind[] }>(line)
  const check = (kinds: readonly GroupVersionKind[] = [], wanted: boolean) =>
    kinds.flatMap((kind) =>
      compare(wanted, mayPropagateKind(rules, kind), `${kind.group}/${kind.version}/${kind.kind}`),
    )
  return [...check(enabled, true), ...check(disabled, false)]
}

export const resourceKinds = replayTests('resource-kinds', {
  TestResourceConfigMixedParse(input, line) {
    const text = (input['context'] as { input: string }).input
    const start = input['isAllowList'] === true ? emptyAllowList : defaultKindRules
    return kindsTest(withKinds(start, text), line)
  },
  TestDefaultResourceConfigGroupVersionKindParse: (input, line) =>
    kindsTest(input['isAllowList'] === true ? emptyAllowList : defaultKindRules, line),
})
