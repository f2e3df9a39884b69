// Looks at what others change on members, for as long as the setting says, and wakes the worker of whatever is concerned.
// A look continues where the one before ended, so nothing between two looks is missed; what did not change costs nothing.
import type { ObjectMeta } from '../api/kube-object.ts'
import type { Message, PlacementKey, WatchMessage } from '../api/message.ts'
import { concernOf } from '../domain/work/concern.ts'
import { workName } from '../domain/work/names.ts'
import { appliedWorkKind } from '../domain/work/ownership.ts'
import { errorMessage, InvalidInputError } from '../errors.ts'
import { kindKey, type PlacedKind } from '../ports/cluster-store.ts'
import type { MemberChange, MemberWatchEnd } from '../ports/member-cluster.ts'
import type { Platform } from './platform.ts'
import { wakeSweep, wakeWork } from './wake.ts'

/** How often a look finds out about kinds that another process placed. */
const kindsAgainMs = 15_000
/** Wait after a watch broke, in milliseconds. */
const againMs = 5_000
/** Changes of one placement within this time are one: drift is undone soon, the way to readiness has many steps. */
const coalesceMs = { drift: 100, status: 1_000, disowned: 2_000 }
/** Kinds watched on one member at most; the others wait for the comparison of everything. */
const kindsAtOnce = 64

type Needs = Pick<Platform, 'clusters' | 'access' | 'bus' | 'clock' | 'log' | 'settings' | 'ending' | 'placedKinds'>

/** A wish that waited for longer than a look takes was fulfilled by the look before it. */
export async function watchMembers(platform: Needs, { clusters, sentAt }: WatchMessage): Promise<void> {
  const { driftWatchMs } = platform.settings
  const now = platform.clock.now()
  if (driftWatchMs > 0 && now - sentAt > driftWatchMs) return
  await Promise.all(clusters.map((cluster) => watchCluster(platform, cluster, now + driftWatchMs)))
}

async function watchCluster(platform: Needs, cluster: string, until: number): Promise<void> {
  const { clusters, clock, ending } = platform
  const looks = new Map<string, Promise<void>>()
  const owners = ownersOn(platform, cluster)
  do {
    for (const kind of (await clusters.kinds(cluster)).slice(0, kindsAtOnce)) {
      const key = kindKey(kind.resource)
      if (!looks.has(key)) looks.set(key, watchKind(platform, { cluster, until, owners }, kind))
    }
    await pause(platform, cluster, Math.min(kindsAgainMs, until - clock.now()))
  } while (clock.now() < until && !ending.aborted)
  await Promise.all(looks.values())
}

/** Waits until it is time to ask for kinds again, or this process placed a new one. */
async function pause({ clock, ending, placedKinds }: Needs, cluster: string, ms: number): Promise<void> {
  if (ms <= 0) return
  const enough = new AbortController()
  const signal = AbortSignal.any([enough.signal, ending])
  await Promise.race([clock.sleep(ms, signal), placedKinds.another(cluster, signal)]).catch(() => undefined)
  enough.abort()
}

interface Look {
  readonly cluster: string
  /** Epoch milliseconds. */
  readonly until: number
  readonly owners: Owners
}

/** A member that is away is tried again; one that refuses the hub, or has no credentials, is left alone. */
async function watchKind(platform: Needs, look: Look, { resource, seen }: PlacedKind): Promise<void> {
  const { clock, ending, log } = platform
  let from = seen
  do {
    try {
      const end = await listen(platform, look, { resource, seen: from })
      if (end.resourceVersion !== from)
        await platform.clusters.sawKind(look.cluster, { resource, seen: end.resourceVersion })
      from = end.resourceVersion
    } catch (error) {
      if (error instanceof InvalidInputError) return
      log.info('a watch broke', { cluster: look.cluster, kind: resource.resource, error: errorMessage(error) })
      const left = Math.min(againMs, look.until - clock.now())
      if (left > 0) await clock.sleep(left, ending).catch(() => undefined)
    }
  } while (clock.now() < look.until && !ending.aborted)
}

/** One watch. Throws when its news could not be sent, so that the next one begins at the same place. */
async function listen(platform: Needs, { cluster, until, owners }: Look, kind: PlacedKind): Promise<MemberWatchEnd> {
  const { access, bus, clock, ending } = platform
  const sending: Promise<void>[] = []
  const hear = (change: MemberChange) => {
    const told = owners.concerned(kind, change).then((message) => (message ? bus.send([message]) : undefined))
    told.catch(() => undefined)
    sending.push(told)
  }
  const end = await access.use(cluster, (member) =>
    member.watch(kind.resource, { from: kind.seen, forMs: Math.max(0, until - clock.now()), signal: ending }, hear),
  )
  await Promise.all(sending)
  if (end.lost) await bus.send([{ ...wakeSweep(cluster), coalesceMs: coalesceMs.disowned } as Message])
  return end
}

interface Owners {
  /** The message a change asks for. */
  concerned(kind: PlacedKind, change: MemberChange): Promise<Message | undefined>
}

/** Finds the placement of an object by the AppliedWork that owns, or owned, it. */
function ownersOn({ clusters }: Needs, cluster: string): Owners {
  const byUid = new Map<string, string>()
  let byWork: Promise<ReadonlyMap<string, PlacementKey>> | undefined
  const read = async () => new Map((await clusters.placements(cluster)).map((key) => [workName(key), key]))
  const placementOf = async (appliedWork: string) => {
    byWork ??= read()
    const known = (await byWork).get(appliedWork)
    if (known !== undefined) return known
    byWork = read()
    return (await byWork).get(appliedWork)
  }
  const concern = ({ resource }: PlacedKind, { type, metadata }: MemberChange) => {
    // Of the owners themselves only their end matters.
    if (resource.kind === appliedWorkKind)
      return type === 'DELETED'
        ? { kind: 'drift' as const, appliedWork: metadata.name ?? '' }
        : { kind: 'none' as const }
    return remembered(metadata, type === 'DELETED')
  }
  const remembered = (metadata: ObjectMeta, deleted: boolean) => {
    const { uid = '' } = metadata
    const found = concernOf(metadata, deleted, byUid.get(uid))
    if ('appliedWork' in found) byUid.set(uid, found.appliedWork)
    return found
  }
  return {
    concerned: async (kind, change) => {
      const found = concern(kind, change)
      if (found.kind === 'none') return undefined
      if (found.kind === 'disowned') return { ...wakeSweep(cluster), coalesceMs: coalesceMs.disowned } as Message
      const placement = await placementOf(found.appliedWork)
      return placement === undefined
        ? undefined
        : ({ ...wakeWork(cluster, placement), coalesceMs: coalesceMs[found.kind] } as Message)
    },
  }
}
