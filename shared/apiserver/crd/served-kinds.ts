// The kinds a CustomResourceDefinition brings.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { itemsAt, objectAt, valueAt } from '../builtin/edit.ts'
import type { Column, ScaleSubresource, ServedKind } from '../kind.ts'
import type { Schema } from '../schema/schema.ts'
import { textAt, versionsOf } from './names.ts'
import { schemaOf } from './schema-of.ts'

function columnOf(column: JsonObject): Column {
  const { format, description, priority } = column
  return {
    name: textAt(column, 'name'),
    type: textAt(column, 'type'),
    jsonPath: textAt(column, 'jsonPath'),
    ...(typeof format === 'string' && format !== '' && { format }),
    description:
      typeof description === 'string' && description !== ''
        ? description
        : `Custom resource definition column (in JSONPath format): ${textAt(column, 'jsonPath')}`,
    ...(typeof priority === 'number' && priority !== 0 && { priority }),
  }
}

function scaleOf(version: JsonObject): ScaleSubresource | undefined {
  const scale = valueAt(version, 'subresources', 'scale')
  if (!isJsonObject(scale)) return undefined
  const labelSelectorPath = textAt(scale, 'labelSelectorPath')
  return {
    specReplicasPath: textAt(scale, 'specReplicasPath'),
    statusReplicasPath: textAt(scale, 'statusReplicasPath'),
    ...(labelSelectorPath !== '' && { labelSelectorPath }),
  }
}

const textsAt = (value: JsonObject, name: string): readonly string[] => {
  const found = value[name]
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : []
}

function servedKind(crd: JsonObject, names: JsonObject, version: JsonObject, storage: string): ServedKind {
  const group = textAt(crd, 'spec', 'group')
  const [plural, kind, name] = [textAt(names, 'plural'), textAt(names, 'kind'), textAt(version, 'name')]
  const raw = valueAt(version, 'schema', 'openAPIV3Schema')
  const schema: Schema = isJsonObject(raw)
    ? schemaOf(raw)
    : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const scale = scaleOf(version)
  return {
    origin: 'custom',
    group,
    version: name,
    kind,
    listKind: textAt(names, 'listKind') || `${kind}List`,
    plural,
    singular: textAt(names, 'singular') || kind.toLowerCase(),
    shortNames: textsAt(names, 'shortNames'),
    categories: textsAt(names, 'categories'),
    namespaced: textAt(crd, 'spec', 'scope') === 'Namespaced',
    storage: { group, resource: plural },
    storageApiVersion: `${group}/${storage}`,
    schema,
    statusSubresource: isJsonObject(valueAt(version, 'subresources', 'status')),
    ...(scale !== undefined && { scale }),
    columns: itemsAt(version, 'additionalPrinterColumns').map(columnOf),
    selectableFields: itemsAt(version, 'selectableFields').map((field) => textAt(field, 'jsonPath').slice(1)),
    strategicMerge: false,
    generation: true,
    needsVersion: true,
    ...(textAt(crd, 'metadata', 'deletionTimestamp') !== '' && { terminating: true }),
    ...(version['deprecated'] === true && { deprecationWarning: deprecation(group, name, kind, version) }),
  }
}

function deprecation(group: string, version: string, kind: string, { deprecationWarning }: JsonObject): string {
  return typeof deprecationWarning === 'string' ? deprecationWarning : `${group}/${version} ${kind} is deprecated`
}

/** The kinds of an established CRD, one a served version; empty when its names were not accepted. */
export function servedKindsOf(crd: JsonObject): readonly ServedKind[] {
  const established = itemsAt(crd, 'status', 'conditions').some(
    (condition) => condition['type'] === 'Established' && condition['status'] === 'True',
  )
  const names = objectAt(crd, 'status', 'acceptedNames')
  if (!established || textAt(names, 'plural') === '' || textAt(names, 'kind') === '') return []
  const versions = versionsOf(crd)
  const storage = textAt(
    versions.find((version) => version['storage'] === true),
    'name',
  )
  return versions
    .filter((version) => version['served'] === true)
    .map((version) => servedKind(crd, names, version, storage))
}
