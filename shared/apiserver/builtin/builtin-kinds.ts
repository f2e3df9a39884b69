// The built-in kinds the hub serves. Everything a kind needs is here; its schema is resolved when it is first used.
import { isJsonObject } from '../../api/json.ts'
import type { Column, ScaleSubresource, ServedKind } from '../kind.ts'
import type { Schema } from '../schema/schema.ts'
import { answeredWhenDeleted, createdOnUpdate, versionedUpdate, withGeneration } from './conduct.ts'
import { type BuiltinKind, builtinData } from './data.ts'
import { builtinDefinition } from './definitions.ts'
import { preparations } from './prepare.ts'
import { rules } from './rules.ts'

const eventFields = (subject: string) => [
  ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
    (field) => `${subject}.${field}`,
  ),
  'reason',
  'type',
]

/** Fields that field selectors may name. */
const selectable: Readonly<Record<string, readonly string[]>> = {
  '/Namespace': ['status.phase'],
  '/Secret': ['type'],
  '/Event': [...eventFields('involvedObject'), 'reportingComponent', 'source'],
  'events.k8s.io/Event': [...eventFields('regarding'), 'reportingController'],
  '/Pod': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/Node': ['spec.unschedulable'],
  '/Service': ['spec.clusterIP', 'spec.type'],
  '/ReplicationController': ['status.replicas'],
  'apps/ReplicaSet': ['status.replicas'],
  'batch/Job': ['status.successful'],
}

const workloadScale: ScaleSubresource = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.spec.selector',
}

function columnsOf({ columns = [] }: BuiltinKind): readonly Column[] {
  return columns.map(([name, type, format, priority]) => ({
    name,
    type,
    ...(format !== '' && { format }),
    ...(priority !== 0 && { priority }),
    // Cells of built-in kinds are computed, see table/builtin-cells.ts.
    jsonPath: '',
  }))
}

function servedKind(data: BuiltinKind): ServedKind {
  const { group, version, kind, definition } = data
  const id = `${group}/${kind}`
  const apiVersion = group === '' ? version : `${group}/${version}`
  const [prepare, rule] = [preparations[id], rules[id]]
  const shared = {
    origin: 'builtin',
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural: data.plural,
    singular: data.singular,
    shortNames: data.shortNames ?? [],
    categories: data.categories ?? [],
    namespaced: data.namespaced,
    // Events have two APIs over one store, see resource/event-form.ts.
    storage: id === 'events.k8s.io/Event' ? { group: '', resource: 'events' } : { group, resource: data.plural },
    storageApiVersion: id === 'events.k8s.io/Event' ? 'v1' : apiVersion,
    statusSubresource: data.subresources.includes('status'),
    columns: columnsOf(data),
    selectableFields: selectable[id] ?? [],
    strategicMerge: true,
    generation: withGeneration.has(id),
    createsOnUpdate: createdOnUpdate.has(id),
    needsVersion: versionedUpdate.has(id),
    answersDeleted: answeredWhenDeleted.has(id),
    ...(data.subresources.includes('scale') && { scale: workloadScale }),
    ...(data.virtual && { virtual: true }),
    ...(prepare !== undefined && { prepare }),
    ...(rule !== undefined && {
      validate: (object: unknown, old: unknown) =>
        isJsonObject(object) ? rule(object, isJsonObject(old) ? old : undefined) : [],
    }),
  } satisfies Omit<ServedKind, 'schema'>
  return Object.defineProperty(shared, 'schema', {
    enumerable: true,
    get: (): Schema => builtinDefinition(definition),
  }) as ServedKind
}

/** In the order of discovery: the core group first. */
export const builtinKinds: readonly ServedKind[] = builtinData.kinds.map(servedKind)

/** The release of Kubernetes the kinds were taken from, e.g. `v1.36.3`. */
export const builtinRelease: string = builtinData.kubernetes
