// Keeps the ClusterProfile of every cluster what it is to be: other tools of the multicluster world read the fleet there.
import { ClusterProfileStatus } from '../api/cluster-profile.ts'
import type { KubeObject, ObjectKey } from '../api/kube-object.ts'
import type { MemberCluster } from '../api/member-cluster.ts'
import { wantedProfile } from '../domain/membership/profile.ts'
import { sortedKeys } from '../domain/placement/canonical-json.ts'
import type { StoredObject } from '../ports/object-store.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { types } from './fleet-lists.ts'
import { fleetNamespace } from './member-access.ts'
import type { Platform } from './platform.ts'

type Needs = Pick<Platform, 'objects' | 'clock' | 'ids' | 'settings'>

/** Writes, or with no cluster removes, the profile of that name. Nothing is written while it says the same. */
export async function keepProfile(platform: Needs, name: string, cluster: MemberCluster | undefined): Promise<void> {
  const key = keyOf(name)
  await untilWritten(async () => {
    const stored = await platform.objects.get(types.clusterProfile, key)
    const object = profileOf(platform, name, cluster, stored?.object)
    if (object === stored?.object) return
    await platform.objects.write(types.clusterProfile, {
      key,
      expect: stored?.revision ?? 'absent',
      object,
      ...(stored && { previous: stored.object }),
    })
  })
}

/** Names of clusters whose profile is not what it should be, by the lists at hand: time alone makes a heartbeat old. */
export async function outdatedProfiles(platform: Needs & Pick<Platform, 'lists'>): Promise<readonly string[]> {
  const [clusters, profiles] = await Promise.all([platform.lists.memberClusters(), platform.lists.clusterProfiles()])
  const stored = new Map(profiles.map(({ object }: StoredObject) => [object.metadata.name ?? '', object]))
  return clusters
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .flatMap((cluster) => {
      const name = cluster.metadata.name ?? ''
      const object = stored.get(name)
      return profileOf(platform, name, cluster, object) === object ? [] : [name]
    })
}

function keyOf(name: string): ObjectKey {
  return { namespace: fleetNamespace, name }
}

/** The profile as it is to be: the very object given when that says it already, undefined when there is to be none. */
function profileOf(
  { clock, ids, settings }: Needs,
  name: string,
  cluster: MemberCluster | undefined,
  stored: KubeObject | undefined,
): KubeObject | undefined {
  if (!cluster) return undefined
  const now = clock.now()
  const time = rfc3339(now)
  const current = ClusterProfileStatus.safeParse(stored?.['status']).data
  const { profileStaleMs: staleMs } = settings.membership
  const wanted = wantedProfile({ cluster, current: stored && (current ?? {}), now, time, staleMs })
  if (!wanted) return undefined
  const before = stored?.metadata ?? {
    name,
    namespace: fleetNamespace,
    uid: ids.uuid(),
    creationTimestamp: time,
    generation: 1,
  }
  const object: KubeObject = {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { ...before, labels: { ...before.labels, ...wanted.labels } },
    spec: wanted.spec,
    status: wanted.status,
  }
  return stored && text(stored) === text(object) ? stored : object
}

function text({ metadata: { labels }, spec, status }: KubeObject): string {
  return JSON.stringify(sortedKeys({ labels, spec, status }))
}
