// Takes out of an object what belongs to the cluster it was read from, before it enters a snapshot.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject, ObjectMeta } from '../../api/kube-object.ts'
import { sortedKeys } from './canonical-json.ts'

type Map = Readonly<Record<string, unknown>>

const clusterMetadata = [
  'resourceVersion',
  'generation',
  'uid',
  'selfLink',
  'creationTimestamp',
  'deletionTimestamp',
  'managedFields',
  'ownerReferences',
]
const clusterAnnotations = ['kubectl.kubernetes.io/last-applied-configuration', 'deployment.kubernetes.io/revision']
/** Labels the job controller puts on a Job's pods and selects by. */
const jobLabels = ['controller-uid', 'batch.kubernetes.io/controller-uid']

/** What only some kinds carry; by `apiVersion/kind`. */
const specCleaners: Readonly<Record<string, (spec: Map) => Map>> = {
  'v1/Service': cleanService,
  'batch/v1/Job': cleanJob,
}

/** The object as a snapshot keeps it, members sorted. Finalizers, labels and everything not named here stay. */
export function cleanObject(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object
  const cleaned: Record<string, unknown> = { ...rest, metadata: cleanMetadata(object.metadata) }
  const key = `${object.apiVersion}/${object.kind}`
  const cleaner = Object.hasOwn(specCleaners, key) ? specCleaners[key] : undefined
  if (cleaner && isJsonObject(object['spec'])) cleaned['spec'] = cleaner(object['spec'])
  return sortedKeys(cleaned) as KubeObject
}

function cleanMetadata(metadata: ObjectMeta): ObjectMeta {
  const { annotations, ...rest } = without(metadata, clusterMetadata) as ObjectMeta
  const kept = without(annotations ?? {}, clusterAnnotations) as Record<string, string>
  return Object.keys(kept).length === 0 ? rest : { ...rest, annotations: kept }
}

/** Addresses and ports the cluster handed out. A headless Service says so itself and keeps `None`. */
function cleanService(spec: Map): Map {
  const { clusterIP, ports } = spec
  const handedOut = typeof clusterIP === 'string' && clusterIP !== 'None' ? ['clusterIP', 'clusterIPs'] : []
  const kept = without(spec, ['healthCheckNodePort', ...handedOut])
  if (!Array.isArray(ports)) return kept
  return { ...kept, ports: ports.map((port: unknown) => (isJsonObject(port) ? without(port, ['nodePort']) : port)) }
}

/** The selector and labels the job controller generated. A Job that selects by hand keeps its own. */
function cleanJob(spec: Map): Map {
  if (spec['manualSelector'] === true) return spec
  const selected = inside(spec, ['selector', 'matchLabels'], (labels) => without(labels, jobLabels))
  return inside(selected, ['template', 'metadata'], (metadata) =>
    without(
      inside(metadata, ['labels'], (labels) => without(labels, jobLabels)),
      ['creationTimestamp'],
    ),
  )
}

/** The map with the map at `path` changed; as it is when there is none. */
function inside(map: Map, [first = '', ...others]: readonly string[], change: (inner: Map) => Map): Map {
  const inner = Object.hasOwn(map, first) ? map[first] : undefined
  if (!isJsonObject(inner)) return map
  return { ...map, [first]: others.length === 0 ? change(inner) : inside(inner, others, change) }
}

function without(map: Map, names: readonly string[]): Map {
  return Object.fromEntries(Object.entries(map).filter(([name]) => !names.includes(name)))
}
