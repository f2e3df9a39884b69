// InternalMemberClusters: a member cluster as seen from its own namespace on the hub.
import type { KubeObject } from '../../api/kube-object.ts'
import type { MemberCluster } from '../../api/member-cluster.ts'
import { memberNamespace } from '../../domain/work/names.ts'
import { types } from '../fleet-lists.ts'
import { shown, type View, type ViewNeeds } from './view.ts'

/** The view of all member clusters; its revision is theirs. */
export function internalMemberClusters({ lists, objects }: ViewNeeds): View {
  const list = async (namespace?: string) =>
    (await lists.memberClusters())
      .filter(({ metadata }) => namespace === undefined || memberNamespace(metadata.name ?? '') === namespace)
      .map(rendered)
  return {
    list,
    get: async ({ namespace, name }) => (await list(namespace)).find(({ metadata }) => metadata.name === name),
    revision: () => objects.revision(types.memberCluster),
  }
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
