// Every object has the same metadata, whatever its kind's schema says of it.
import type { Schema } from '../schema/schema.ts'

const text: Schema = { type: 'string' }
const texts: Schema = { type: 'object', additionalProperties: text }

/** ObjectMeta as far as merging is concerned. */
export const objectMeta: Schema = {
  type: 'object',
  properties: {
    name: text,
    generateName: text,
    namespace: text,
    selfLink: text,
    uid: text,
    resourceVersion: text,
    generation: { type: 'integer' },
    creationTimestamp: text,
    deletionTimestamp: text,
    deletionGracePeriodSeconds: { type: 'integer' },
    labels: texts,
    annotations: texts,
    ownerReferences: {
      type: 'array',
      items: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: {
          apiVersion: text,
          kind: text,
          name: text,
          uid: text,
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
    },
    finalizers: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
    managedFields: {
      type: 'array',
      items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      'x-kubernetes-list-type': 'atomic',
    },
  },
}

const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const known = new WeakMap<Schema, Schema>()

/** The schema of a whole object with apiVersion, kind and metadata filled in where it leaves them open. */
export function rootSchema(schema: Schema | undefined): Schema {
  const given = schema ?? open
  const cached = known.get(given)
  if (cached) return cached
  const described = given.properties?.['metadata']?.properties !== undefined
  const complete: Schema = described
    ? given
    : { ...given, properties: { ...given.properties, apiVersion: text, kind: text, metadata: objectMeta } }
  known.set(given, complete)
  return complete
}
