// Envelopes: objects on the hub that carry manifests the hub itself must not act on. Their content is placed, they are not.
import { isJsonObject } from '../../api/json.ts'
import { type KubeObject, parseApiVersion } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'

export type EnvelopeKind = 'ClusterResourceEnvelope' | 'ResourceEnvelope'

const envelopeGroup = 'placement.kubernetes-fleet.io'

/** The sort of envelope an object is, whatever its version; `undefined` for any other object. */
export function envelopeKind(object: { apiVersion: string; kind: string }): EnvelopeKind | undefined {
  const { kind } = object
  if (kind !== 'ClusterResourceEnvelope' && kind !== 'ResourceEnvelope') return undefined
  return parseApiVersion(object.apiVersion).group === envelopeGroup ? kind : undefined
}

/** Whether a value has the shape of a Kubernetes object. */
export function isKubeObject(value: unknown): value is KubeObject {
  return (
    isJsonObject(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    value['kind'] !== '' &&
    (value['metadata'] === undefined || isJsonObject(value['metadata']))
  )
}

/**
 * The manifests of an envelope, in descending order of their JSON text, so that the order does not depend on the keys.
 * Throws InvalidInputError naming the first entry that is not an object or lies in the wrong namespace.
 */
export function envelopeContent(envelope: KubeObject): KubeObject[] {
  const entries = entriesOf(envelope).map(([key, value]) => {
    const problem = entryProblem(envelope, key, value)
    if (problem !== undefined) throw new InvalidInputError(problem)
    return withMetadata(value as KubeObject)
  })
  return entries
    .map((object) => ({ object, text: JSON.stringify(object) }))
    .sort((a, b) => (a.text < b.text ? 1 : a.text > b.text ? -1 : 0))
    .map(({ object }) => object)
}

/** The valid manifests of an envelope, in no particular order. */
export function lenientEnvelopeContent(envelope: KubeObject): KubeObject[] {
  return entriesOf(envelope)
    .filter(([key, value]) => entryProblem(envelope, key, value) === undefined)
    .map(([, value]) => withMetadata(value as KubeObject))
}

function entriesOf(envelope: KubeObject): [string, unknown][] {
  return isJsonObject(envelope['data']) ? Object.entries(envelope['data']) : []
}

function withMetadata(object: KubeObject): KubeObject {
  return object.metadata === undefined ? { ...object, metadata: {} } : object
}

function entryProblem(envelope: KubeObject, key: string, value: unknown): string | undefined {
  const where = `data[${JSON.stringify(key)}] of ${envelope.kind} ${nameText(envelope)}`
  if (!isKubeObject(value)) return `${where} is not a Kubernetes object: apiVersion, kind and metadata are needed`
  const namespace = value.metadata?.namespace ?? ''
  if (envelopeKind(envelope) === 'ClusterResourceEnvelope') {
    return namespace === ''
      ? undefined
      : `${where} is in namespace ${namespace}: only cluster-scoped objects are allowed here`
  }
  const own = envelope.metadata.namespace ?? ''
  return namespace !== '' && namespace === own
    ? undefined
    : `${where} is in namespace "${namespace}": only objects in the envelope's own namespace "${own}" are allowed here`
}

function nameText({ metadata }: KubeObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name ?? ''}` : (metadata.name ?? '')
}
