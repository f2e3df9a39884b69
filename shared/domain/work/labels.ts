// Names, labels and annotations of the Work objects the hub shows, as KubeFleet gives them: one Work for each snapshot and
// one for each envelope in it.
import { createHash } from 'node:crypto'
import type { PlacementKey } from '../../api/message.ts'
import { InvariantError } from '../../errors.ts'
import { goJson } from '../go-json.ts'
import { workBase } from './names.ts'

const prefix = 'kubernetes-fleet.io/'
export const workLabels = {
  binding: `${prefix}parent-resource-binding`,
  placement: `${prefix}parent-CRP`,
  placementNamespace: `${prefix}parent-placement-namespace`,
  snapshotIndex: `${prefix}parent-resource-snapshot-index`,
  envelopeType: `${prefix}envelope-work`,
  envelopeName: `${prefix}envelope-name`,
  envelopeNamespace: `${prefix}envelope-namespace`,
} as const
export const workAnnotations = {
  snapshotName: `${prefix}parent-resource-snapshot-name`,
  overrideHash: `${prefix}parent-resource-override-snapshot-hash`,
  clusterOverrideHash: `${prefix}parent-cluster-resource-override-snapshot-hash`,
} as const

/** The work of the sub-snapshot of an index, from 0. Throws InvariantError for a number that is no index. */
export function subWorkName(placement: PlacementKey, subindex: number): string {
  if (!Number.isSafeInteger(subindex) || subindex < 0) {
    throw new InvariantError(`${subindex} is no index of a sub-snapshot of ${placement}`)
  }
  return `${workBase(placement)}-${subindex}`
}

export interface EnvelopeId {
  readonly type: string
  readonly name: string
  readonly namespace?: string | undefined
}

/** 16 hex characters that tell envelopes of a placement apart: the first eight bytes of a SHA-256. */
export function envelopeSuffix({ type, name, namespace }: EnvelopeId): string {
  return createHash('sha256')
    .update(`${type}/${namespace ?? ''}/${name}`)
    .digest('hex')
    .slice(0, 16)
}

/** The work of an envelope; `snapshotWork` is the work of the snapshot it is in. */
export function envelopeWorkName(snapshotWork: string, envelope: EnvelopeId): string {
  return `${snapshotWork}-envelope-${envelopeSuffix(envelope)}`
}

/** Hash of a binding's list of overrides. No list and an empty list have different hashes. */
export function overrideListHash(list: readonly unknown[] | undefined): string {
  return createHash('sha256')
    .update(list === undefined ? 'null' : goJson(list))
    .digest('hex')
}

export interface WorkMetaInput {
  readonly placement: PlacementKey
  readonly binding: string
  readonly snapshotName: string
  readonly snapshotIndex: number | undefined
  /** Hashes of the binding's two lists, from `overrideListHash`. */
  readonly overrideHash: string
  readonly clusterOverrideHash: string
  readonly envelope?: EnvelopeId | undefined
}

export interface WorkMeta {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
}

/** Labels and annotations of a work. */
export function workMeta(input: WorkMetaInput): WorkMeta {
  const [first = '', second] = input.placement.split('/')
  const { envelope } = input
  return {
    labels: {
      [workLabels.binding]: input.binding,
      [workLabels.placement]: second ?? first,
      [workLabels.snapshotIndex]: input.snapshotIndex === undefined ? '' : String(input.snapshotIndex),
      ...(second !== undefined && { [workLabels.placementNamespace]: first }),
      ...(envelope && { [workLabels.envelopeType]: envelope.type, [workLabels.envelopeName]: envelope.name }),
      ...(envelope?.namespace && { [workLabels.envelopeNamespace]: envelope.namespace }),
    },
    annotations: {
      [workAnnotations.snapshotName]: input.snapshotName,
      [workAnnotations.overrideHash]: input.overrideHash,
      [workAnnotations.clusterOverrideHash]: input.clusterOverrideHash,
    },
  }
}
