// The settings of hubs in tests: nothing is held back, and KubeFleet's limits for clusters.
import type { DoorSettings } from '../../shared/app/guard-door.ts'
import { expectedAgents, type Settings } from '../../shared/app/platform.ts'
import { eligibilityLimits } from '../../shared/domain/membership/eligibility.ts'

export const settings: Settings = {
  snapshotMinIntervalMs: 0,
  snapshotCollectMs: 0,
  coalesceMs: 100,
  policySnapshots: 'hub',
  driftWatchMs: 0,
  removalGuardPercent: 30,
  membership: {
    ...eligibilityLimits,
    forceDeleteWaitMs: 900_000,
    profileStaleMs: 60_000,
    namespaceCollection: false,
    expectedAgents: expectedAgents(false),
  },
}

/** A door without guard rails. */
export const door: DoorSettings = { networking: false, workloads: true, disruptionBudgets: true }
