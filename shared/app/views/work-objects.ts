// The Work objects of one placement on one cluster: manifests as they are to stand there, each with what its worker saw.
import type { KubeObject } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'
import type { ManifestCondition } from '../../api/work.ts'
import type { Overrides } from '../../domain/override/match.ts'
import type { ClusterFacts } from '../../domain/override/variables.ts'
import { splitResources } from '../../domain/placement/resource-snapshot.ts'
import { identifierOf, identityText } from '../../domain/work/identity.ts'
import { type EnvelopeId, envelopeWorkName, overrideListHash, subWorkName, workMeta } from '../../domain/work/labels.ts'
import { memberNamespace, workName } from '../../domain/work/names.ts'
import { type RenderedManifest, renderManifests } from '../../domain/work/render.ts'
import { fleetApiVersion } from './view.ts'
import { workFinalizer } from './work-reports.ts'

export interface WorkInput {
  readonly placement: PlacementKey
  readonly wanted: Wanted
  readonly observed: Observed | undefined
  /** The manifests of the snapshot. */
  readonly objects: readonly KubeObject[]
  readonly overrides: Overrides
  readonly cluster: ClusterFacts
  /** An agent on the member works on it. */
  readonly agent?: boolean
}

interface Piece {
  readonly name: string
  readonly envelope: EnvelopeId | undefined
  readonly manifests: readonly KubeObject[]
}

/** The works, first the one every placement has. A snapshot whose overrides fail shows none of its manifests. */
export function workObjects(input: WorkInput): KubeObject[] {
  const pieces = splitResources(input.objects).flatMap((objects, at) => piecesOf(input, objects, at))
  const all = pieces.length > 0 ? pieces : [{ name: workName(input.placement), envelope: undefined, manifests: [] }]
  return all.map((piece) => workObject(input, piece))
}

function piecesOf(
  { placement, wanted, overrides, cluster }: WorkInput,
  objects: readonly KubeObject[],
  at: number,
): Piece[] {
  const name = at === 0 ? workName(placement) : subWorkName(placement, at - 1)
  const lists = {
    clusterResourceOverrideSnapshots: wanted.clusterResourceOverrides ?? [],
    resourceOverrideSnapshots: wanted.resourceOverrides ?? [],
  }
  const rendered = renderManifests({ objects, lists, overrides, cluster })
  const manifests = rendered.kind === 'rendered' ? rendered.manifests : []
  const envelopes = Map.groupBy(
    manifests.filter(({ envelope }) => envelope !== undefined),
    ({ envelope }) => JSON.stringify(envelope),
  )
  return [
    { name, envelope: undefined, manifests: plain(manifests.filter(({ envelope }) => envelope === undefined)) },
    ...[...envelopes.values()].map((inside) => envelopePiece(name, inside)),
  ]
}

function plain(manifests: readonly RenderedManifest[]): KubeObject[] {
  return manifests.map(({ object }) => object)
}

function envelopePiece(snapshotWork: string, manifests: readonly RenderedManifest[]): Piece {
  const found = manifests[0]?.envelope
  const envelope = { type: found?.type ?? '', name: found?.name ?? '', namespace: found?.namespace }
  return { name: envelopeWorkName(snapshotWork, envelope), envelope, manifests: plain(manifests) }
}

function workObject(
  { placement, wanted, observed, agent }: WorkInput,
  { name, envelope, manifests }: Piece,
): KubeObject {
  const { labels, annotations } = workMeta({
    placement,
    binding: wanted.name,
    snapshotName: wanted.resourceSnapshot,
    snapshotIndex: wanted.resourceIndex,
    overrideHash: overrideListHash(wanted.resourceOverrides),
    clusterOverrideHash: overrideListHash(wanted.clusterResourceOverrides),
    envelope,
  })
  return {
    apiVersion: fleetApiVersion,
    kind: 'Work',
    metadata: {
      name,
      namespace: memberNamespace(wanted.cluster),
      generation: wanted.generation,
      creationTimestamp: wanted.createdAt,
      ...(wanted.deletedAt !== undefined && { deletionTimestamp: wanted.deletedAt }),
      labels,
      annotations,
      ...(agent && { finalizers: [workFinalizer] }),
    },
    spec: {
      workload: { manifests },
      ...(wanted.applyStrategy && { applyStrategy: wanted.applyStrategy }),
      ...(wanted.reportBackStrategy && { reportBackStrategy: wanted.reportBackStrategy }),
    },
    ...(agent && { status: observed?.works?.find((work) => work.name === name)?.status ?? {} }),
    ...(observed &&
      !agent && {
        status: {
          // They speak of everything the placement has on the cluster.
          conditions: observed.work.conditions ?? [],
          manifestConditions: conditionsOf(manifests, observed.work.manifestConditions ?? []),
        },
      }),
  }
}

/** What was seen of these manifests, numbered as they are listed here. */
function conditionsOf(manifests: readonly KubeObject[], seen: readonly ManifestCondition[]): ManifestCondition[] {
  const known = new Map(seen.map((entry) => [identityText(entry.identifier), entry]))
  return manifests.flatMap((manifest, ordinal) => {
    const entry = known.get(identityText(identifierOf(ordinal, manifest)))
    if (!entry) return []
    const { envelope: _, ...rest } = entry
    return [{ ...rest, identifier: { ...entry.identifier, ordinal } }]
  })
}
