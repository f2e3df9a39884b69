// Policy snapshots: the policy as it was when it last changed. The number of clusters is kept beside it, so that scaling
// does not make every binding obsolete.
import type { PlacementPolicy } from '../../api/placement.ts'
import type { PolicySnapshot } from '../../api/placement-record.ts'
import { sha256 } from './canonical-json.ts'
import { policySnapshotName, pruned } from './snapshot-names.ts'

/** KubeFleet's hash of a policy: without its number of clusters, members in the order of the API's type. */
export function policyHash(policy: PlacementPolicy | undefined): string {
  return sha256(policy === undefined ? 'null' : inOrder(ordered(policy)))
}

/** JSON in the member order given, with the characters escaped that Go escapes. */
function inOrder(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Order of members in KubeFleet's Go types, which its JSON text follows. */
function ordered({ placementType, clusterNames, affinity, topologySpreadConstraints, tolerations }: PlacementPolicy) {
  const cluster = affinity?.clusterAffinity
  const required = cluster?.requiredDuringSchedulingIgnoredDuringExecution
  const preferred = cluster?.preferredDuringSchedulingIgnoredDuringExecution
  return pick({
    placementType: placementType || undefined,
    clusterNames: list(clusterNames),
    affinity:
      affinity &&
      pick({
        clusterAffinity:
          cluster &&
          pick({
            requiredDuringSchedulingIgnoredDuringExecution: required && {
              clusterSelectorTerms: required.clusterSelectorTerms?.map(orderedTerm) ?? null,
            },
            preferredDuringSchedulingIgnoredDuringExecution: list(preferred)?.map(({ weight, preference }) => ({
              weight,
              preference: orderedTerm(preference),
            })),
          }),
      }),
    topologySpreadConstraints: list(topologySpreadConstraints)?.map((constraint) =>
      pick({
        maxSkew: constraint.maxSkew,
        topologyKey: constraint.topologyKey,
        whenUnsatisfiable: constraint.whenUnsatisfiable || undefined,
      }),
    ),
    tolerations: list(tolerations)?.map(({ key, operator, value, effect }) =>
      pick({
        key: key || undefined,
        operator: operator || undefined,
        value: value || undefined,
        effect: effect || undefined,
      }),
    ),
  })
}

type Term = NonNullable<
  NonNullable<
    NonNullable<
      NonNullable<PlacementPolicy['affinity']>['clusterAffinity']
    >['preferredDuringSchedulingIgnoredDuringExecution']
  >[number]['preference']
>

function orderedTerm({ labelSelector, propertySelector, propertySorter }: Term) {
  return pick({
    labelSelector:
      labelSelector &&
      pick({
        matchLabels: sortedLabels(labelSelector.matchLabels),
        matchExpressions: list(labelSelector.matchExpressions)?.map(({ key, operator, values }) =>
          pick({ key, operator, values: list(values) }),
        ),
      }),
    propertySelector: propertySelector && {
      matchExpressions: propertySelector.matchExpressions.map(({ name, operator, values }) => ({
        name,
        operator,
        values,
      })),
    },
    propertySorter: propertySorter && { name: propertySorter.name, sortOrder: propertySorter.sortOrder },
  })
}

function sortedLabels(labels: Readonly<Record<string, string>> | undefined) {
  const entries = Object.entries(labels ?? {})
  return entries.length === 0 ? undefined : Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Empty lists are left out of the text. */
function list<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items && items.length > 0 ? items : undefined
}

/** The members that are there, in the order given. */
function pick<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => member !== undefined)) as Partial<T>
}

export interface PolicySnapshotInput {
  readonly placement: string
  /** Generation of the placement object. */
  readonly generation: number
  readonly policy: PlacementPolicy | undefined
  /** Stored snapshots, newest last. */
  readonly snapshots: readonly PolicySnapshot[]
  readonly historyLimit: number
  /** RFC 3339. */
  readonly now: string
}

export interface PolicySnapshotDecision {
  readonly snapshots: readonly PolicySnapshot[]
  readonly current: PolicySnapshot
  readonly changed: boolean
}

/** Keeps the newest snapshot while the policy is the same, noting the placement's generation and number of clusters. */
export function decidePolicySnapshot(input: PolicySnapshotInput): PolicySnapshotDecision {
  const { placement, generation, policy, snapshots, historyLimit, now } = input
  const hash = policyHash(policy)
  const latest = snapshots.at(-1)
  const number = policy?.placementType === 'PickN' ? policy.numberOfClusters : undefined
  if (latest?.hash === hash) {
    const { numberOfClusters: _, ...rest } = latest
    const current = {
      ...rest,
      placementGeneration: generation,
      ...(number !== undefined && { numberOfClusters: number }),
    }
    const changed = latest.placementGeneration !== generation || latest.numberOfClusters !== number
    return {
      snapshots: changed ? [...snapshots.slice(0, -1), current] : snapshots,
      current: changed ? current : latest,
      changed,
    }
  }
  const index = (latest?.index ?? -1) + 1
  const current: PolicySnapshot = {
    name: policySnapshotName(placement, index),
    index,
    hash,
    ...(policy && { policy }),
    ...(number !== undefined && { numberOfClusters: number }),
    placementGeneration: generation,
    createdAt: now,
  }
  return { snapshots: [...pruned(snapshots, historyLimit), current], current, changed: true }
}
