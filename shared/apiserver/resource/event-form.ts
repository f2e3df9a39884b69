// Events have two APIs over one store: core/v1, which is stored, and events.k8s.io/v1, which names most fields otherwise.
import type { KubeObject } from '../../api/kube-object.ts'

/** Field of core/v1 to field of events.k8s.io/v1; every other field has the same name in both. */
const renamed: readonly (readonly [core: string, events: string])[] = [
  ['message', 'note'],
  ['involvedObject', 'regarding'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
]
const toEvents = new Map(renamed)
const toCore = new Map(renamed.map(([core, events]) => [events, core]))

/** A stored event as events.k8s.io/v1 shows it. */
export function asEventsApi(object: KubeObject): KubeObject {
  return withNames({ ...object, apiVersion: 'events.k8s.io/v1' }, toEvents)
}

/** An events.k8s.io/v1 event as it is stored. */
export function asCoreEvent(object: KubeObject): KubeObject {
  return withNames({ ...object, apiVersion: 'v1' }, toCore)
}

function withNames(
  { apiVersion, kind, metadata, ...fields }: KubeObject,
  names: ReadonlyMap<string, string>,
): KubeObject {
  const entries = Object.entries(fields).map(([field, value]) => [names.get(field) ?? field, value])
  return { apiVersion, kind, metadata, ...Object.fromEntries(entries) }
}
