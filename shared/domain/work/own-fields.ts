// Which fields of an object are ours, by the field managers its API server notes, and how they become what server-side
// apply believes it applied: an apply conflicts with fields that were created or patched under the very same name, and
// never removes them.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'

/** The name under which the hub writes. */
const hub = 'hubless'
/** The hub, and KubeFleet's member agent: a cluster that moves over from it must not conflict with its past. */
const ownManagers = new Set([hub, 'work-api-agent'])
/** What API servers note for objects from before the first server-side apply. */
const beforeFirstApply = 'before-first-apply'

interface Entry extends Readonly<Record<string, unknown>> {
  readonly manager?: unknown
  readonly operation?: unknown
  readonly subresource?: unknown
}

function entriesOf({ metadata }: KubeObject): readonly Entry[] {
  return metadata.managedFields ?? []
}

/** Whether a field manager is the hub, or KubeFleet's agent whose place it took. */
export function isOwnManager(name: string): boolean {
  return ownManagers.has(name) || name === beforeFirstApply
}

/**
 * Whether nobody else manages fields of the object, so that forcing takes nothing from anyone. Whoever writes the status
 * is not asked: an apply never touches it.
 */
export function isOnlyOurs(live: KubeObject): boolean {
  return entriesOf(live)
    .filter(({ subresource }) => subresource !== 'status')
    .every(({ manager }) => ownManagers.has(String(manager)) || manager === beforeFirstApply)
}

/**
 * The merge patch that makes everything of ours applied by the hub, so that the next server-side apply neither conflicts
 * with it nor leaves behind what is wanted no more. It changes nothing else, and holds for the version at hand only;
 * `undefined` when there is nothing to hand over.
 */
export function ownFieldsHandover(live: KubeObject): Readonly<Record<string, unknown>> | undefined {
  const entries = entriesOf(live)
  const isOurs = (entry: Entry) => ownManagers.has(String(entry.manager)) && !entry.subresource
  const isApplied = (entry: Entry) => entry.manager === hub && entry.operation === 'Apply'
  const ours = entries.filter(isOurs)
  if (ours.every(isApplied)) return undefined
  const base = ours.find(isApplied) ?? ours.at(-1)
  const applied = { ...base, manager: hub, operation: 'Apply', fieldsV1: ours.map(fieldsOf).reduce(union, {}) }
  return {
    metadata: {
      resourceVersion: live.metadata.resourceVersion,
      managedFields: [...entries.filter((entry) => !isOurs(entry)), applied],
    },
  }
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(entry: Entry): Fields {
  return isJsonObject(entry['fieldsV1']) ? entry['fieldsV1'] : {}
}

/** All fields of both; the sets of a FieldsV1 are nested maps. */
function union(first: Fields, second: Fields): Fields {
  const entries = Object.entries(second).map(([key, inner]): [string, unknown] => {
    const other = Object.hasOwn(first, key) ? first[key] : undefined
    return [key, isJsonObject(other) && isJsonObject(inner) ? union(other, inner) : inner]
  })
  return { ...first, ...Object.fromEntries(entries) }
}
