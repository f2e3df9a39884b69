// Validation of placements and member clusters, and the answers of the placements' admission webhooks.
import { applyPatch, type Operation } from 'rfc6902'
import type { GroupVersionKind } from '../../../shared/api/kube-object.ts'
import type { Taint } from '../../../shared/api/member-cluster.ts'
import type {
  Placement,
  PlacementPolicy,
  PlacementSpec,
  ResourceSelectorTerm,
  RolloutStrategy,
  Toleration,
} from '../../../shared/api/placement.ts'
import { taintProblems } from '../../../shared/domain/membership/validate.ts'
import { withDefaults } from '../../../shared/domain/placement/defaults.ts'
import {
  admitPlacement,
  type KnownKinds,
  placementProblems,
  strategyProblems,
  usesNamespaceScope,
} from '../../../shared/domain/placement/validate.ts'
import {
  lostTolerations,
  placementTypeChanged,
  policyProblems,
  tolerationProblems,
} from '../../../shared/domain/placement/validate-policy.ts'
import { consistencyProblems, operatorProblem } from '../../../shared/domain/placement/validate-properties.ts'
import { compare, type Difference, type Input, replayTests, type Vector, wantOf } from './replayer.ts'

interface Informer {
  readonly APIResources?: readonly { readonly key: GroupVersionKind; readonly value: boolean }[]
  readonly IsClusterScopedResource: boolean
}

/** Kinds upstream's REST mapping knows in these tests, by kind alone. */
const mapped = ['ClusterRole', 'Deployment', 'Namespace', 'ConfigMap']

function kindsOf(informer: unknown): KnownKinds {
  if (informer === undefined) return undefined
  const { APIResources = [], IsClusterScopedResource = false } = informer as Informer
  return {
    find({ group, version, kind }) {
      if (!mapped.includes(kind)) return undefined
      const listed = APIResources.some(
        ({ key, value }) => value && key.group === group && key.version === version && key.kind === kind,
      )
      return { namespaced: listed !== IsClusterScopedResource }
    },
  }
}

function problemsTest(run: (input: Input) => readonly string[], textField = 'wantErrMsg') {
  return (input: Input, line: Vector): Difference[] => {
    const want = wantOf<Record<string, unknown>>(line)
    const problems = run(input)
    const text = want[textField]
    const missing = want['wantErr'] && typeof text === 'string' && !problems.some((problem) => problem.includes(text))
    return [
      ...compare(want['wantErr'], problems.length > 0, 'error').map((one) => ({ ...one, got: problems })),
      ...(missing ? [{ field: 'error text', wanted: text, got: problems }] : []),
    ]
  }
}

function boolTest(run: (input: Input) => boolean, field = 'want') {
  return (input: Input, line: Vector): Difference[] => compare(wantOf<Record<string, unknown>>(line)[field], run(input))
}

function placementOf(value: unknown, kind: Placement['kind']): Placement {
  const placement = value as Placement
  return { ...placement, kind, spec: { ...placement.spec, resourceSelectors: placement.spec.resourceSelectors ?? [] } }
}

const policyTest = problemsTest(({ policy }) => policyProblems(policy as PlacementPolicy))

export const placementValidator = replayTests('validator-placement', {
  TestHasNamespaceWithResourceSelectorsMode: boolTest(
    ({ resourceSelectors }) => usesNamespaceScope((resourceSelectors ?? []) as ResourceSelectorTerm[]),
    'wantHasNamespaceWithResourceSelectors',
  ),
  TestValidateClusterResourcePlacement: problemsTest(({ crp, resourceInformer }) =>
    placementProblems(placementOf(crp, 'ClusterResourcePlacement'), kindsOf(resourceInformer)),
  ),
  TestValidateResourcePlacement: problemsTest(({ rp, resourceInformer }) =>
    placementProblems(placementOf(rp, 'ResourcePlacement'), kindsOf(resourceInformer)),
  ),
  TestValidateClusterResourcePlacement_RolloutStrategy: problemsTest(({ strategy }) =>
    strategyProblems(strategy as RolloutStrategy),
  ),
  TestValidateClusterResourcePlacement_PickFixedPlacementPolicy: policyTest,
  TestValidateClusterResourcePlacement_PickAllPlacementPolicy: policyTest,
  TestValidateClusterResourcePlacement_PickNPlacementPolicy: policyTest,
  TestIsPlacementPolicyUpdateValid: boolTest(({ oldPolicy, currentPolicy }) =>
    placementTypeChanged(oldPolicy as PlacementPolicy | undefined, currentPolicy as PlacementPolicy | undefined),
  ),
  TestValidateTolerations: problemsTest(({ tolerations }) => tolerationProblems(tolerations as Toleration[])),
  TestIsTolerationsUpdatedOrDeleted: boolTest(({ oldTolerations, newTolerations }) =>
    lostTolerations(oldTolerations as Toleration[] | undefined, newTolerations as Toleration[] | undefined),
  ),
  TestValidateOperatorAndValues: problemsTest(({ op, values }) =>
    [operatorProblem(op as string, (values ?? []) as string[])].filter((problem) => problem !== undefined),
  ),
  TestValidateRequirementsConsistency: problemsTest(
    ({ reqs }) => consistencyProblems((reqs ?? []) as Parameters<typeof consistencyProblems>[0]),
    'errSub',
  ),
})

export const memberClusterValidator = replayTests('validator-membercluster', {
  TestValidateTaints: problemsTest(({ taints }) => taintProblems(taints as Taint[])),
})

interface Request {
  readonly operation: 'CREATE' | 'UPDATE'
  readonly object: Placement
  readonly oldObject?: Placement
}

export const placementWebhook = replayTests('webhook-placement', {
  TestMutatingHandle(input, line) {
    const { object } = input['req'] as Request
    const { wantResponse } = wantOf<{ wantResponse: { patches?: Operation[] } }>(line)
    const wanted = structuredClone(object)
    const failed = applyPatch(wanted, wantResponse.patches ?? []).filter((error) => error !== null)
    if (failed.length > 0) return [{ field: 'patches', wanted: 'patches that apply', got: String(failed[0]) }]
    return compare(wanted.spec, withDefaults(object.spec as PlacementSpec), 'spec')
  },
  TestHandle(input, line) {
    const { operation, object, oldObject } = input['req'] as Request
    const kind = 'ClusterResourcePlacement'
    const { wantResponse } = wantOf<{ wantResponse: { allowed: boolean; message: string } }>(line)
    const got = admitPlacement(
      {
        ...(operation === 'UPDATE' && oldObject && { old: placementOf(oldObject, kind) }),
        next: placementOf(object, kind),
        label: 'v1beta1 CRP',
      },
      kindsOf(input['resourceInformer']),
    )
    return [
      ...compare(wantResponse.allowed, got.allowed, 'allowed'),
      ...compare(wantResponse.message, got.message, 'message'),
    ]
  },
})
