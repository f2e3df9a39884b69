// Joins clusters the way a user does: a Secret with the kubeconfig, and a MemberCluster.
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import type { HubClient } from './hub-client.ts'
import { type ClusterAccess, kubeconfigText } from './kubeconfig.ts'

const fleetNamespace = 'fleet-system'

/**
 * Makes every cluster a member. Credentials are written each time, for a simulated member listens elsewhere after a
 * restart; a MemberCluster that exists stays as it is. Returns the names that joined anew.
 */
export async function joinClusters(hub: HubClient, clusters: readonly ClusterAccess[]): Promise<string[]> {
  if (clusters.length === 0) return []
  await hub.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: fleetNamespace } })
  const joined: string[] = []
  for (const cluster of clusters) {
    await hub.apply(credentials(cluster))
    if (await hub.create(memberCluster(cluster.name))) joined.push(cluster.name)
  }
  return joined
}

function credentials(cluster: ClusterAccess): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${cluster.name}-kubeconfig`, namespace: fleetNamespace },
    type: 'Opaque',
    data: { value: Buffer.from(kubeconfigText([cluster])).toString('base64') },
  }
}

function memberCluster(name: string): KubeObject {
  return {
    apiVersion: 'cluster.kubernetes-fleet.io/v1beta1',
    kind: 'MemberCluster',
    metadata: { name },
    spec: { identity: { kind: 'User', name: 'hubless' }, heartbeatPeriodSeconds: 60 },
  }
}

const Joined = z.looseObject({
  status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
})

/** Waits until the hub has reached the clusters; returns the names it has not reached within `withinMs`. */
export async function awaitJoined(
  hub: HubClient,
  clusters: readonly ClusterAccess[],
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<string[]> {
  const deadline = Date.now() + withinMs
  let missing = clusters.map(({ name }) => name)
  for (;;) {
    const states = await Promise.all(missing.map(async (name) => isJoined(await hub.get(memberCluster(name)))))
    missing = missing.filter((_, at) => !states[at])
    if (missing.length === 0 || Date.now() > deadline) return missing
    await sleep(100, undefined, { signal })
  }
}

function isJoined(current: KubeObject | undefined): boolean {
  const parsed = Joined.safeParse(current)
  return (
    parsed.success && parsed.data.status.conditions.some(({ type, status }) => type === 'Joined' && status === 'True')
  )
}
