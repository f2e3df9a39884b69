// `metadata` as every kind has it, for kinds whose own schema leaves it implicit (custom resources, embedded resources).
import type { Schema } from './schema.ts'

const string: Schema = { type: 'string' }
const time: Schema = { type: 'string', format: 'date-time' }
const strings: Schema = { type: 'object', additionalProperties: string }
const integer: Schema = { type: 'integer', format: 'int64' }
const boolean: Schema = { type: 'boolean' }

const ownerReference: Schema = {
  type: 'object',
  'x-kubernetes-map-type': 'atomic',
  properties: {
    apiVersion: string,
    kind: string,
    name: string,
    uid: string,
    controller: boolean,
    blockOwnerDeletion: boolean,
  },
}

/** The definition's name is the one built-in kinds refer to. */
export const objectMetaSchema: Schema = {
  ref: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta',
  type: 'object',
  properties: {
    name: string,
    generateName: string,
    namespace: string,
    selfLink: string,
    uid: string,
    resourceVersion: string,
    generation: integer,
    creationTimestamp: time,
    deletionTimestamp: time,
    deletionGracePeriodSeconds: integer,
    labels: strings,
    annotations: strings,
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: ownerReference,
    },
    finalizers: { type: 'array', 'x-kubernetes-list-type': 'set', items: string },
    managedFields: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          manager: string,
          operation: string,
          apiVersion: string,
          time,
          fieldsType: string,
          fieldsV1: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          subresource: string,
        },
      },
    },
  },
}

/** Fields every resource has besides its own. */
export const rootFields: Readonly<Record<string, Schema>> = {
  apiVersion: string,
  kind: string,
  metadata: objectMetaSchema,
}
