// Every replayer, one line each. The first that matches a line runs it.
import { defaulter } from './defaulter.ts'
import { conditions, memberClusters, schedulerWatcher } from './membership.ts'
import { overrideApply } from './override-apply.ts'
import { placementEquality, placementStatuses } from './placement-status.ts'
import type { Replayer } from './replayer.ts'
import { resourceKinds, resourceSelection } from './resource-selection.ts'
import { bindingState, rolloutTests } from './rollout.ts'
import { rolloutPlan } from './rollout-plan.ts'
import { schedulerCycle } from './scheduler-cycle.ts'
import { placementKeys, policySnapshots, resourceSnapshots } from './snapshots.ts'
import { memberClusterValidator, placementValidator, placementWebhook } from './validators.ts'
import {
  workapplierApply,
  workapplierAvailability,
  workapplierDrift,
  workapplierPreprocess,
  workapplierWaves,
} from './workapplier.ts'
import { workapplierBackoff, workapplierStatus } from './workapplier-status.ts'

export const replayers: readonly Replayer[] = [
  workapplierBackoff,
  workapplierStatus,
  workapplierApply,
  workapplierWaves,
  workapplierPreprocess,
  workapplierDrift,
  workapplierAvailability,
  rolloutTests,
  bindingState,
  overrideApply,
  rolloutPlan,
  schedulerCycle,
  defaulter,
  resourceSelection,
  resourceKinds,
  placementStatuses,
  placementEquality,
  conditions,
  memberClusters,
  schedulerWatcher,
  resourceSnapshots,
  policySnapshots,
  placementKeys,
  placementValidator,
  memberClusterValidator,
  placementWebhook,
]
