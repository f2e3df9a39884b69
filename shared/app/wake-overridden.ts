// A cluster's labels decide which overrides it gets and what their variables say: a change of them reaches what is placed.
import type { Message } from '../api/message.ts'
import { overrideConcerns, overrideReach } from '../domain/override/concern.ts'
import { isMarkedLatest } from '../domain/override/snapshots.ts'
import { placementKeyOf } from './fleet-lists.ts'
import { overridesMaxAgeMs, overridesSettledMs } from './matched-overrides.ts'
import type { Platform } from './platform.ts'
import { wakeRolloutAt, wakeSweep } from './wake.ts'

/**
 * Wakes the rollouts of placements some override may concern, and the cluster's worker, once all of them know the labels.
 * Nothing while there are no overrides.
 */
export async function wakesOfOverridden(
  { lists, clock }: Pick<Platform, 'lists' | 'clock'>,
  cluster: string,
): Promise<Message[]> {
  const all = await lists.overrideSnapshots({ maxAgeMs: overridesMaxAgeMs })
  const reaches = [
    ...all.cluster.filter(isMarkedLatest).map(({ spec }) => overrideReach(undefined, spec.overrideSpec)),
    ...all.namespaced
      .filter(isMarkedLatest)
      .map(({ metadata, spec }) => overrideReach(metadata.namespace, spec.overrideSpec)),
  ]
  if (reaches.length === 0) return []
  const placements = (await lists.placements()).filter((placement) =>
    reaches.some((reach) => overrideConcerns(reach, placement)),
  )
  const at = clock.now() + overridesSettledMs
  return [
    ...placements.map((placement) => wakeRolloutAt(placementKeyOf(placement), at)),
    { ...wakeSweep(cluster), notBefore: at } as Message,
  ]
}
