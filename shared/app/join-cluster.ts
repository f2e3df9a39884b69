// A cluster joins, changes, is due for a look, or leaves: its MemberCluster says how it stands, and the placements it may
// concern are woken.
import type { KubeObject } from '../api/kube-object.ts'
import { MemberCluster } from '../api/member-cluster.ts'
import type { ClusterMessage, PlacementKey } from '../api/message.ts'
import type { Placement } from '../api/placement.ts'
import { hasLeft, isReportedByAgent, reportedByHub } from '../domain/membership/agents.ts'
import { type Contact, sameStatus, statusAfter } from '../domain/membership/contact.ts'
import { memberAgent } from '../domain/membership/eligibility.ts'
import { changedAspects, hasLabelChange, wakeOf, wokenPlacements } from '../domain/membership/wakes.ts'
import { concernOf } from '../domain/scheduler/cluster-concern.ts'
import { errorMessage, InvalidInputError } from '../errors.ts'
import { keepProfile } from './cluster-profiles.ts'
import { rfc3339, untilWritten } from './commit.ts'
import { placementKeyOf, types } from './fleet-lists.ts'
import { installOnMember } from './member-install.ts'
import { updateObject, withoutFinalizers } from './object-update.ts'
import type { Platform } from './platform.ts'
import {
  wakeChangedCluster,
  wakeClusterAt,
  wakeClusters,
  wakeFold,
  wakeSchedule,
  wakeSweep,
  wakeWatch,
} from './wake.ts'
import { wakesOfOverridden } from './wake-overridden.ts'

/** Keeps a MemberCluster until nothing of the hub's records speaks of it any more. */
export const memberClusterFinalizer = 'kubernetes-fleet.io/membercluster-finalizer'
/** Every cluster carries its name as a label, so that label selectors can name it. */
export const memberNameLabel = 'kubernetes-fleet.io/member-name'
/** A cluster that could not be looked at to the end is looked at again after this time. */
const retryMs = 5_000
/** Heartbeats are written this often when nothing else changed, unless the MemberCluster asks otherwise. */
const heartbeatSeconds = 60
/** Where a change can alter only the words, they follow within this time. */
const reasonsWithinMs = 5_000
/** Placements that leave a cluster in one go. */
const leaveSlice = 200

type Needs = Pick<
  Platform,
  | 'objects'
  | 'placements'
  | 'clusters'
  | 'bus'
  | 'access'
  | 'memberCrds'
  | 'lists'
  | 'clock'
  | 'ids'
  | 'log'
  | 'settings'
>

/** One slow or dead cluster delays no other of the message: each has its own bounded look. */
export async function joinCluster(platform: Needs, { clusters, ...change }: ClusterMessage): Promise<void> {
  await Promise.all(
    clusters.map(async (cluster) => {
      try {
        await lookAt(platform, cluster, change)
      } catch (error) {
        platform.log.warn('a cluster is looked at again later', { cluster, error: errorMessage(error) })
        await platform.bus.send([wakeClusterAt(cluster, platform.clock.now() + retryMs)])
      }
    }),
  )
}

type KnownChange = Pick<ClusterMessage, 'reschedule' | 'changed'>

async function lookAt(platform: Needs, cluster: string, change: KnownChange): Promise<void> {
  const stored = await platform.objects.get(types.memberCluster, { name: cluster })
  if (!stored) return wakeEveryPlacement(platform)
  const known = MemberCluster.parse(stored.object)
  if (known.metadata.deletionTimestamp) return leave(platform, known)
  // What changed is known: no need to ask the member.
  if (change.reschedule) return wakeConcerned(platform, known, change.changed)
  await look(platform, known)
}

/** A cluster that is gone may have been counted on by anyone. */
async function wakeEveryPlacement({ lists, bus, settings }: Needs): Promise<void> {
  const placements = await lists.placements()
  await bus.send(placements.map((placement) => wakeSchedule(placementKeyOf(placement), settings.coalesceMs)))
}

async function look(platform: Needs, known: MemberCluster): Promise<void> {
  const cluster = known.metadata.name ?? ''
  const contact = await contactWith(platform, cluster)
  let before = known
  let after = known
  await updateObject(platform.objects, types.memberCluster, { name: cluster }, (object) => {
    before = MemberCluster.parse(object)
    after = before
    if (before.metadata.deletionTimestamp) return undefined
    const now = platform.clock.now()
    const status = statusAfter(before, contact, rfc3339(now), platform.settings.membership)
    const finalizers = before.metadata.finalizers ?? []
    const guarded = finalizers.includes(memberClusterFinalizer) && before.metadata.labels?.[memberNameLabel] === cluster
    if (guarded && sameStatus(before.status ?? {}, status) && !heartbeatDue(before, contact, now)) return undefined
    const metadata = {
      ...(contact.kind === 'answered' ? reportedByHub(object.metadata) : object.metadata),
      finalizers: [...new Set([...finalizers, memberClusterFinalizer])],
      labels: { ...object.metadata.labels, [memberNameLabel]: cluster },
    }
    after = { ...before, metadata, status }
    const { membership } = platform.settings
    const news =
      wakeOf(before, after, now, membership) === 'none'
        ? []
        : [wakeChangedCluster(cluster, changedAspects(before, after, now, membership))]
    return { object: { ...object, metadata, status } as KubeObject, news }
  })
  // The look at the others may be under way for a while: this one begins a look of its own.
  if (!isHealthy(before) && isHealthy(after))
    await platform.bus.send([wakeSweep(cluster), wakeWatch([cluster], cluster, platform.clock.now())])
  if (!after.metadata.deletionTimestamp) await keepProfile(platform, cluster, after)
}

/** Placements that may take the cluster now, and those whose overrides speak of its labels. */
async function wakeConcerned(
  platform: Needs,
  cluster: MemberCluster,
  changed: readonly string[] | undefined,
): Promise<void> {
  const { lists, bus, settings } = platform
  const open = wokenPlacements('open', await lists.placements())
  const concerned = Map.groupBy(open, (placement) => concernOf(placement, cluster, changed))
  const wake = (placements: readonly Placement[] = [], withinMs: number) =>
    placements.map((placement) => wakeSchedule(placementKeyOf(placement), withinMs))
  const overridden = hasLabelChange(changed) ? await wakesOfOverridden(platform, cluster.metadata.name ?? '') : []
  const messages = [
    ...wake(concerned.get('outcome'), settings.coalesceMs),
    ...wake(concerned.get('reasons'), reasonsWithinMs),
    ...overridden,
  ]
  if (messages.length > 0) await bus.send(messages)
}

async function contactWith({ access, memberCrds, clock }: Needs, cluster: string): Promise<Contact> {
  try {
    const profile = await access.use(cluster, async (member) => {
      const seen = await member.probe()
      if (seen.ready) await installOnMember(member, memberCrds, clock)
      return seen
    })
    return { kind: 'answered', profile }
  } catch (error) {
    return { kind: error instanceof InvalidInputError ? 'refused' : 'unreachable', message: errorMessage(error) }
  }
}

/**
 * The cluster leaves the fleet: the hub forgets what it placed there and lets go of the object. What is on the member
 * stays on it. An agent that reports for the cluster is first given time to say that it left.
 */
async function leave(platform: Needs, known: MemberCluster): Promise<void> {
  const cluster = known.metadata.name ?? ''
  await keepProfile(platform, cluster, undefined)
  if (isReportedByAgent(known) && !hasLeft(known)) {
    const forced = Date.parse(known.metadata.deletionTimestamp ?? '') + platform.settings.membership.forceDeleteWaitMs
    if (platform.clock.now() < forced) return platform.bus.send([wakeClusterAt(cluster, forced)])
  }
  const placed = await platform.clusters.placements(cluster, { limit: leaveSlice })
  for (const placement of placed) {
    await forget(platform, cluster, placement)
    await platform.clusters.leave(cluster, placement)
  }
  if (placed.length === leaveSlice) return platform.bus.send([wakeClusters([cluster])])
  await platform.clusters.forgetKinds(cluster)
  await updateObject(platform.objects, types.memberCluster, { name: cluster }, (object) => ({
    object: withoutFinalizers(object, [memberClusterFinalizer]),
    news: [wakeClusters([cluster])],
  }))
}

async function forget({ placements }: Needs, cluster: string, placement: PlacementKey): Promise<void> {
  await untilWritten(async () => {
    const { wanted } = await placements.readCluster(placement, cluster)
    if (!wanted) return
    await placements.commit(placement, {
      finished: [{ cluster, etag: wanted.etag }],
      news: [wakeSchedule(placement), wakeFold(placement)],
    })
  })
}

function heartbeatDue({ spec, status }: MemberCluster, contact: Contact, now: number): boolean {
  if (contact.kind !== 'answered') return false
  const last = Date.parse(agentOf(status)?.lastReceivedHeartbeat ?? '')
  // Half a second early is in time: probes come at about this period too.
  return Number.isNaN(last) || now - last >= (spec.heartbeatPeriodSeconds ?? heartbeatSeconds) * 1000 - 500
}

function isHealthy({ status }: MemberCluster): boolean {
  return agentOf(status)?.conditions?.some(({ type, status: said }) => type === 'Healthy' && said === 'True') ?? false
}

function agentOf(status: MemberCluster['status']) {
  return status?.agentStatus?.find(({ type }) => type === memberAgent)
}
