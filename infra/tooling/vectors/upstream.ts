// The upstream objects of golden vectors as our domain types.
import type { Binding } from '../../../shared/api/binding.ts'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { PolicySnapshot, ResourceSnapshot } from '../../../shared/api/placement-record.ts'
import { identifierOf } from '../../../shared/domain/placement/select.ts'

interface Meta {
  readonly name?: string
  readonly namespace?: string
  readonly generation?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
}

/** A (Cluster)ResourceBinding as upstream stores it. */
export interface UpstreamBinding {
  readonly metadata?: Meta
  readonly spec?: Partial<
    Omit<Binding, 'name' | 'generation' | 'previousState' | 'conditions' | 'clusterDecision' | 'state'> & {
      clusterDecision: Binding['clusterDecision']
      state: string
    }
  >
  readonly status?: Partial<Pick<Binding, 'conditions' | 'failedPlacements' | 'driftedPlacements' | 'diffedPlacements'>>
}

/** A (Cluster)SchedulingPolicySnapshot as upstream stores it. */
export interface UpstreamPolicySnapshot {
  readonly metadata?: Meta
  readonly spec?: { readonly policy?: PolicySnapshot['policy']; readonly policyHash?: string }
  readonly status?: {
    readonly observedCRPGeneration?: number
    readonly conditions?: Binding['conditions']
    readonly targetClusters?: Binding['clusterDecision'][]
  }
}

const prefix = 'kubernetes-fleet.io/'

/** Vectors may leave the state empty; such a binding is taken as Scheduled. */
export function bindingOf({ metadata = {}, spec = {}, status = {} }: UpstreamBinding): Binding {
  const previous = metadata.annotations?.[`${prefix}previous-binding-state`]
  return {
    name: metadata.name ?? '',
    generation: metadata.generation ?? 0,
    ...(metadata.creationTimestamp && { creationTimestamp: metadata.creationTimestamp }),
    ...(metadata.deletionTimestamp && { deletionTimestamp: metadata.deletionTimestamp }),
    state: (spec.state || 'Scheduled') as Binding['state'],
    ...(previous && { previousState: previous as Binding['state'] }),
    targetCluster: spec.targetCluster ?? '',
    clusterDecision: spec.clusterDecision ?? { clusterName: '', selected: false, reason: '' },
    schedulingPolicySnapshotName: spec.schedulingPolicySnapshotName ?? '',
    resourceSnapshotName: spec.resourceSnapshotName ?? '',
    ...picked(spec, ['resourceOverrideSnapshots', 'clusterResourceOverrideSnapshots', 'applyStrategy']),
    conditions: status.conditions ?? [],
    ...picked(status, ['failedPlacements', 'driftedPlacements', 'diffedPlacements']),
  }
}

function picked<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined).map((key) => [key, from[key]])) as Pick<T, K>
}

/** Hashes travel as base64 of their hex text. */
export function policySnapshotOf({ metadata = {}, spec = {} }: UpstreamPolicySnapshot): PolicySnapshot {
  const number = integerOf(metadata.annotations?.[`${prefix}number-of-clusters`])
  return {
    name: metadata.name ?? '',
    index: integerOf(metadata.labels?.[`${prefix}policy-index`]) ?? 0,
    hash: Buffer.from(spec.policyHash ?? '', 'base64').toString('utf8'),
    ...(spec.policy && { policy: spec.policy }),
    ...(number !== undefined && { numberOfClusters: number }),
    placementGeneration: integerOf(metadata.annotations?.[`${prefix}CRP-generation`]) ?? 0,
    generation: metadata.generation ?? 0,
    createdAt: metadata.creationTimestamp ?? '1970-01-01T00:00:00Z',
  }
}

function integerOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}

/** A (Cluster)ResourceSnapshot as upstream stores it. */
export interface UpstreamResourceSnapshot {
  readonly metadata?: Meta
  readonly spec?: { readonly selectedResources?: readonly KubeObject[] }
}

/** Stored snapshot objects of one placement as records, newest last: one per index, read off its first object. */
export function resourceSnapshotsOf(objects: readonly UpstreamResourceSnapshot[]): ResourceSnapshot[] {
  const labelled = objects.map((object) => ({
    object,
    index: integerOf(object.metadata?.labels?.[`${prefix}resource-index`]),
    further: object.metadata?.annotations?.[`${prefix}subindex-of-resource-snapshot`] !== undefined,
  }))
  return labelled
    .filter(({ index, further }) => index !== undefined && !further)
    .map(({ object, index }) => {
      const pieces = labelled.filter((piece) => piece.index === index)
      return resourceSnapshotOf(
        object,
        index ?? 0,
        pieces.flatMap((piece) => piece.object.spec?.selectedResources ?? []),
      )
    })
    .sort((a, b) => a.index - b.index)
}

function resourceSnapshotOf(
  { metadata = {} }: UpstreamResourceSnapshot,
  index: number,
  contents: readonly KubeObject[],
): ResourceSnapshot {
  const since = metadata.annotations?.[`${prefix}next-resource-snapshot-candidate-detection-time`]
  return {
    name: metadata.name ?? '',
    index,
    hash: metadata.annotations?.[`${prefix}resource-hash`] ?? '',
    payload: JSON.stringify(contents),
    resources: contents.map(identifierOf),
    envelopeCount: integerOf(metadata.annotations?.[`${prefix}number-of-enveloped-object`]) ?? 0,
    createdAt: metadata.creationTimestamp ?? '',
    ...(since && { candidateSince: since }),
  }
}
