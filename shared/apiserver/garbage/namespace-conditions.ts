// What holds a namespace that is being deleted, told in its conditions as the real controller tells it.
import type { JsonObject } from '../../api/json.ts'
import { isJsonObject } from '../../api/json.ts'

/** What is left in a namespace: `resource.group` (a dot also without group) and finalizer, each with its number of objects. */
export interface Remains {
  readonly objects: ReadonlyMap<string, number>
  readonly finalizers: ReadonlyMap<string, number>
}

interface Told {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

/** The conditions, with times of change kept where nothing changed; the same list when it says the same. */
export function namespaceConditions(known: unknown, remains: Remains, now: string): readonly unknown[] {
  const before = Array.isArray(known) ? known : []
  const told = conditionsOf(remains)
  const types = new Set(told.map(({ type }) => type))
  const after = told.map((condition): JsonObject => {
    const old = before.find((each) => isJsonObject(each) && each['type'] === condition.type)
    const same = isJsonObject(old) && old['status'] === condition.status
    const { type, status, reason, message } = condition
    const lastTransitionTime = same ? (old['lastTransitionTime'] ?? now) : now
    return { type, status, lastTransitionTime, reason, message }
  })
  const others = before.filter((each) => !isJsonObject(each) || !types.has(String(each['type'])))
  const next = [...others, ...after]
  return JSON.stringify(next) === JSON.stringify(before) ? before : next
}

function conditionsOf({ objects, finalizers }: Remains): Told[] {
  const yes = 'True' as const
  const no = 'False' as const
  return [
    {
      type: 'NamespaceDeletionDiscoveryFailure',
      status: no,
      reason: 'ResourcesDiscovered',
      message: 'All resources successfully discovered',
    },
    {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      status: no,
      reason: 'ParsedGroupVersions',
      message: 'All legacy kube types successfully parsed',
    },
    {
      type: 'NamespaceDeletionContentFailure',
      status: no,
      reason: 'ContentDeleted',
      message: 'All content successfully deleted, may be waiting on finalization',
    },
    objects.size > 0
      ? {
          type: 'NamespaceContentRemaining',
          status: yes,
          reason: 'SomeResourcesRemain',
          message: `Some resources are remaining: ${listed(objects, 'has')}`,
        }
      : {
          type: 'NamespaceContentRemaining',
          status: no,
          reason: 'ContentRemoved',
          message: 'All content successfully removed',
        },
    finalizers.size > 0
      ? {
          type: 'NamespaceFinalizersRemaining',
          status: yes,
          reason: 'SomeFinalizersRemain',
          message: `Some content in the namespace has finalizers remaining: ${listed(finalizers, 'in')}`,
        }
      : {
          type: 'NamespaceFinalizersRemaining',
          status: no,
          reason: 'ContentHasNoFinalizers',
          message: 'All content-preserving finalizers finished',
        },
  ]
}

function listed(counts: ReadonlyMap<string, number>, verb: 'has' | 'in'): string {
  return [...counts]
    .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
    .sort()
    .join(', ')
}
