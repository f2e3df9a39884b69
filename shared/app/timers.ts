// What the timers do: send the same messages events send, so that a lost one costs a period and never correctness.
import type { Message } from '../api/message.ts'
import { isReportedByAgent } from '../domain/membership/agents.ts'
import { outdatedProfiles } from './cluster-profiles.ts'
import { placementKeyOf } from './fleet-lists.ts'
import type { Platform } from './platform.ts'
import { relayOutbox } from './publisher.ts'
import { wakeClusters, wakeFold, wakeReconcile, wakeRollout, wakeSchedule, wakeSweep, wakeWatch } from './wake.ts'

/** Clusters one probe message speaks of: each is looked at by itself, so a message costs one slow member at most. */
const clustersPerProbe = 10
/** Clusters one invocation watches: each costs it little more than a connection for each kind placed there. */
const clustersPerWatch = 50
/** Messages handed to the bus at once. */
const sendSlice = 500

/** An agent that reports for a cluster needs no probe; what only time changes about it is looked for here. */
export async function probeClusters(
  platform: Pick<Platform, 'lists' | 'bus' | 'objects' | 'clock' | 'ids' | 'settings'>,
): Promise<void> {
  const probed = (await platform.lists.memberClusters()).filter(
    (cluster) => !isReportedByAgent(cluster) || cluster.metadata.deletionTimestamp,
  )
  const names = new Set([...probed.map(({ metadata }) => metadata.name ?? ''), ...(await outdatedProfiles(platform))])
  await sendAll(
    platform.bus,
    slices([...names], clustersPerProbe).map((clusters) => wakeClusters(clusters)),
  )
}

/** Members are asked what others changed since the last time; what did not change costs nothing. */
export async function sweepDrift({ lists, bus, clock }: Pick<Platform, 'lists' | 'bus' | 'clock'>): Promise<void> {
  await sendAll(
    bus,
    slices(await staying(lists), clustersPerWatch).map((clusters, slice) => wakeWatch(clusters, slice, clock.now())),
  )
}

/** Clusters the hub works on itself. */
async function staying(lists: Platform['lists']): Promise<string[]> {
  return (await lists.memberClusters())
    .filter((cluster) => !cluster.metadata.deletionTimestamp && !isReportedByAgent(cluster))
    .map(({ metadata }) => metadata.name ?? '')
}

/**
 * Every placement goes through every stage again, and every member is compared with what it was found to have; records
 * whose placement is gone are found here too. Old Events go.
 */
export async function resync({
  lists,
  placements,
  bus,
  garbage,
}: Pick<Platform, 'lists' | 'placements' | 'bus' | 'garbage'>): Promise<void> {
  await garbage.expireEvents()
  const keys = new Set((await lists.placements()).map(placementKeyOf))
  let after: string | undefined
  do {
    const page = await placements.list({ limit: 1000, ...(after === undefined ? {} : { after }) })
    for (const key of page) keys.add(key)
    after = page.length < 1000 ? undefined : page.at(-1)
  } while (after !== undefined)
  await sendAll(
    bus,
    [...keys].flatMap((key) => [wakeReconcile(key), wakeSchedule(key), wakeRollout(key), wakeFold(key)]),
  )
  await sendAll(
    bus,
    (await staying(lists)).map((cluster) => wakeSweep(cluster)),
  )
}

export async function relay({
  bus,
  outboxes,
  clock,
  log,
}: Pick<Platform, 'bus' | 'outboxes' | 'clock' | 'log'>): Promise<void> {
  const sent = await relayOutbox({ bus, outboxes, clock })
  if (sent > 0) log.warn('messages a crash had left in the outbox were sent', { sent })
}

async function sendAll(bus: Platform['bus'], messages: readonly Message[]): Promise<void> {
  for (const slice of slices(messages, sendSlice)) await bus.send(slice)
}

function slices<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
