// WorkDetails: every difference of a placement on a cluster, beside its Work in the cluster's namespace. Only works that
// differ anywhere have one.
import { z } from 'zod'
import { hublessGroup, hublessVersion } from '../../api/decision.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed } from '../../api/placement-record.ts'
import { ObjectDetail } from '../../api/work-detail.ts'
import { memberNamespace, workName } from '../../domain/work/names.ts'
import { mapAtOnce } from '../at-once.ts'
import { recordRevision, shown, type View, type ViewNeeds } from './view.ts'
import { clusterOf } from './works.ts'

/** Placements read at once. */
const readsAtOnce = 8

export function workDetails(needs: ViewNeeds): View {
  const on = async (cluster: string, keys: readonly PlacementKey[]) =>
    (await mapAtOnce(keys, readsAtOnce, (key) => detailOf(needs, cluster, key))).flat()
  return {
    async get({ namespace = '', name }) {
      const cluster = clusterOf(namespace)
      if (cluster === undefined) return undefined
      const keys = await needs.clusters.placements(cluster)
      return (
        await on(
          cluster,
          keys.filter((key) => workName(key) === name),
        )
      )[0]
    },
    async list(namespace) {
      const members = (await needs.lists.memberClusters()).map(({ metadata }) => metadata.name ?? '')
      const clusters = namespace === undefined ? members : [clusterOf(namespace)].filter((name) => name !== undefined)
      const all = await mapAtOnce(clusters, readsAtOnce, async (cluster) =>
        on(cluster, await needs.clusters.placements(cluster)),
      )
      return all.flat()
    },
    revision: () => recordRevision(needs),
  }
}

async function detailOf(needs: ViewNeeds, cluster: string, placement: PlacementKey): Promise<KubeObject[]> {
  const { wanted, observed } = await needs.placements.readCluster(placement, cluster)
  const objects = observed ? await objectsOf(needs, observed.value) : []
  if (!wanted || !observed || objects.length === 0) return []
  const view: KubeObject = {
    apiVersion: `${hublessGroup}/${hublessVersion}`,
    kind: 'WorkDetail',
    metadata: {
      name: workName(placement),
      namespace: memberNamespace(cluster),
      creationTimestamp: wanted.value.createdAt,
    },
    placement,
    objectCount: objects.length,
    fieldCount: objects.reduce((sum, { fields }) => sum + fields.length, 0),
    objects,
  }
  return [shown(view, wanted.value.uid)]
}

async function objectsOf({ payloads }: ViewNeeds, { details, detailsPayload }: Observed): Promise<ObjectDetail[]> {
  if (detailsPayload === undefined) return details ?? []
  return z.array(ObjectDetail).parse(JSON.parse(await payloads.get(detailsPayload)))
}
