// Who may write what at the door of the API, besides roles: the guard rails, and clusters that may not go yet.
import { gvkOf, type KubeObject } from '../api/kube-object.ts'
import { MemberCluster } from '../api/member-cluster.ts'
import type { GuardedRequest, GuardedUser } from '../domain/guard-rail/request.ts'
import { decidingMember, type GuardRailSettings, guard } from '../domain/guard-rail/rules.ts'
import { guardWorkload, type WorkloadSettings } from '../domain/guard-rail/workloads.ts'
import { removalProblem } from '../domain/membership/validate.ts'
import { memberNamespace } from '../domain/work/names.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { types } from './fleet-lists.ts'

export interface DoorSettings extends WorkloadSettings {
  /** Absent, the guard rails are off. */
  readonly guardRail?: GuardRailSettings | undefined
  /** Whether KubeFleet's networking agents run on the members. */
  readonly networking: boolean
}

interface Needs {
  readonly objects: Pick<ObjectStore, 'list' | 'get'>
  readonly door: DoorSettings
}

interface Write {
  readonly operation: GuardedRequest['operation']
  /** For a deletion, the object as stored. */
  readonly object: KubeObject
  readonly old: KubeObject | undefined
  readonly asking: { readonly user: GuardedUser; readonly subresource?: string | undefined }
}

const serviceExports = { group: 'networking.fleet.azure.com', resource: 'internalserviceexports' } as const

/** Why a write is refused to its user, or undefined. Reads nothing unless a rule needs it. */
export async function refusal({ objects, door }: Needs, write: Write): Promise<string | undefined> {
  const request = requestOf(write)
  const workload = guardWorkload(request, door)
  if (workload && !workload.allowed) return workload.message
  if (door.guardRail) {
    const member = decidingMember(request)
    const identity = member === undefined ? undefined : await identityOf(objects, member)
    const answer = guard(request, door.guardRail, identity)
    if (answer && !answer.allowed) return answer.message
  }
  return write.operation === 'DELETE' ? staying({ objects, door }, write.object) : undefined
}

function requestOf({ operation, object, old, asking }: Write): GuardedRequest {
  return {
    operation,
    kind: gvkOf(object),
    subresource: asking.subresource,
    namespace: object.metadata.namespace,
    name: object.metadata.name ?? object.metadata.generateName ?? '',
    user: asking.user,
    object: operation === 'DELETE' ? undefined : object,
    old: operation === 'CREATE' ? undefined : old,
  }
}

async function identityOf(objects: Needs['objects'], cluster: string): Promise<string | undefined> {
  const stored = await objects.get(types.memberCluster, { name: cluster })
  return stored && MemberCluster.safeParse(stored.object).data?.spec.identity.name
}

/** Why a cluster may not go yet. */
async function staying({ objects, door }: Needs, object: KubeObject): Promise<string | undefined> {
  const { group, kind } = gvkOf(object)
  if (!door.networking || group !== types.memberCluster.group || kind !== 'MemberCluster') return undefined
  const namespace = memberNamespace(object.metadata.name ?? '')
  const { items } = await objects.list(serviceExports, { namespace })
  const open = items.filter(({ object: found }) => !found.metadata.deletionTimestamp)
  return removalProblem({
    networking: door.networking,
    validationMode: MemberCluster.safeParse(object).data?.spec.deleteOptions?.validationMode,
    exports: open.map(({ key }) => key.name),
  })
}
