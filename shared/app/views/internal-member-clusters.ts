// InternalMemberClusters: a member cluster as seen from its own namespace on the hub. An agent that runs on a member the hub
// has no credentials for reports here; its report becomes the status of the MemberCluster, the one truth about a cluster.
import type { KubeObject } from '../../api/kube-object.ts'
import {
  InternalMemberClusterStatus,
  type MemberCluster,
  MemberCluster as MemberClusterSchema,
} from '../../api/member-cluster.ts'
import { reportedByAgent, statusReported } from '../../domain/membership/agents.ts'
import { sortedKeys } from '../../domain/placement/canonical-json.ts'
import { memberNamespace } from '../../domain/work/names.ts'
import { ConflictError, InvalidInputError, NotFoundError } from '../../errors.ts'
import { rfc3339 } from '../commit.ts'
import { types } from '../fleet-lists.ts'
import { newsOf } from '../news.ts'
import { changedObjects, shown, type View, type ViewNeeds } from './view.ts'

/** Conditions of a MemberCluster that the hub concludes itself; agents do not report them. */
const concluded = new Set(['ReadyToJoin', 'Joined'])

/** The view of all member clusters; its revision is theirs. */
export function internalMemberClusters(needs: ViewNeeds): View {
  const { lists, objects } = needs
  const one = async (name: string) => {
    const stored = await objects.get(types.memberCluster, { name })
    return stored && rendered(MemberClusterSchema.parse(stored.object))
  }
  return {
    list: async (namespace) =>
      (await lists.memberClusters())
        .filter(({ metadata }) => namespace === undefined || memberNamespace(metadata.name ?? '') === namespace)
        .map(rendered),
    get: async ({ namespace, name }) => (namespace === memberNamespace(name) ? one(name) : undefined),
    revision: () => objects.revision(types.memberCluster),
    parts: {
      keys: async () => (await lists.memberClusters()).map(({ metadata }) => metadata.name ?? ''),
      one: async (name) => one(name).then((object) => (object ? [object] : [])),
      changedSince: (cursor) => changedObjects(objects, types.memberCluster, cursor, ({ name }) => name),
      onChange: () => () => undefined,
    },
    write: { update: ({ name }, object, old) => report(needs, name, object, old) },
  }
}

/** Takes a report over. Refuses a change of anything but the status: the hub writes the rest. */
async function report(
  { objects, clock, settings }: ViewNeeds,
  name: string,
  object: KubeObject,
  old: KubeObject,
): Promise<KubeObject> {
  if (withoutStatus(object) !== withoutStatus(old)) {
    throw new InvalidInputError(
      `InternalMemberCluster ${name}: only its status may be written; change the MemberCluster ${name} instead`,
    )
  }
  const stored = await objects.get(types.memberCluster, { name })
  if (!stored) throw new NotFoundError(`memberclusters.cluster.kubernetes-fleet.io "${name}" not found`)
  if (String(stored.revision) !== old.metadata.resourceVersion) throw new ConflictError(`${name} was changed meanwhile`)
  const now = clock.now()
  const cluster = MemberClusterSchema.parse(stored.object)
  const told = InternalMemberClusterStatus.parse(object['status'] ?? {})
  const reported = { ...told, conditions: (told.conditions ?? []).filter(({ type }) => !concluded.has(type)) }
  const after: KubeObject = {
    ...stored.object,
    metadata: reportedByAgent(stored.object.metadata),
    status: statusReported(cluster, reported, settings.membership.expectedAgents, rfc3339(now)),
  }
  const change = { type: types.memberCluster, key: { name }, change: 'MODIFIED' as const }
  const written = await objects.write(types.memberCluster, {
    key: { name },
    expect: stored.revision,
    object: after,
    previous: stored.object,
    news: newsOf({ ...change, object: after, previous: stored.object }, now, settings.membership),
  })
  return rendered(MemberClusterSchema.parse(written.object))
}

function withoutStatus({ status: _, metadata, ...rest }: KubeObject): string {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...kept } = metadata
  return JSON.stringify(sortedKeys({ ...rest, metadata: kept }))
}

function rendered({ apiVersion, kind, metadata, spec, status }: MemberCluster): KubeObject {
  const { name = '', uid = '', creationTimestamp, resourceVersion, generation } = metadata
  const leaving = Boolean(metadata.deletionTimestamp)
  const object = shown(
    {
      apiVersion,
      kind: 'InternalMemberCluster',
      metadata: {
        name,
        namespace: memberNamespace(name),
        ...(generation !== undefined && { generation }),
        ...(creationTimestamp && { creationTimestamp }),
        ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
      },
      spec: {
        state: leaving ? 'Leave' : 'Join',
        ...(spec.heartbeatPeriodSeconds !== undefined && { heartbeatPeriodSeconds: spec.heartbeatPeriodSeconds }),
      },
      ...(status && { status }),
    },
    uid,
  )
  return { ...object, metadata: { ...object.metadata, ...(resourceVersion !== undefined && { resourceVersion }) } }
}
