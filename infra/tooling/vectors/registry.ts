// Every replayer, one line each. The first that matches a line runs it.
import { benchFleet } from './bench-fleet.ts'
import { defaulter } from './defaulter.ts'
import { fleetResources, memberClusterRemoval, userValidation, workloads } from './guard-rails.ts'
import { conditions, memberClusters, schedulerWatcher } from './membership.ts'
import { overrideApply } from './override-apply.ts'
import {
  overrider,
  validatorClusterResourceOverride,
  validatorResourceOverride,
  workgeneratorOverride,
} from './overrider.ts'
import { placementController } from './placement-controller.ts'
import { placementEquality, placementStatuses } from './placement-status.ts'
import type { Replayer } from './replayer.ts'
import { resourceKinds, resourceSelection } from './resource-selection.ts'
import { bindingState, rolloutTests } from './rollout.ts'
import { rolloutPlan } from './rollout-plan.ts'
import { affinityPlugin } from './scheduler-affinity.ts'
import { schedulerCycle } from './scheduler-cycle.ts'
import { schedulerStages } from './scheduler-framework.ts'
import { schedulerOutcomes } from './scheduler-outcomes.ts'
import { eligibilityPlugin, namespacePlugin, samePlacementPlugin, taintPlugin } from './scheduler-plugins.ts'
import { spreadPlugins } from './scheduler-spread.ts'
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
import { workgeneratorEnvelope, workgeneratorStatus } from './workgenerator.ts'

export const replayers: readonly Replayer[] = [
  workgeneratorStatus,
  workgeneratorEnvelope,
  validatorResourceOverride,
  validatorClusterResourceOverride,
  workgeneratorOverride,
  overrider,
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
  affinityPlugin,
  spreadPlugins,
  taintPlugin,
  namespacePlugin,
  eligibilityPlugin,
  samePlacementPlugin,
  schedulerStages,
  schedulerOutcomes,
  placementController,
  benchFleet,
  userValidation,
  fleetResources,
  workloads,
  memberClusterRemoval,
]
