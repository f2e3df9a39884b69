// The one registration list: one line a function.
import type { FunctionDef } from './define.ts'
import { hubApi } from './http/hub-api.ts'
import { applyWorkFunction } from './queue/apply-work.ts'
import { collectGarbageFunction } from './queue/collect-garbage.ts'
import { foldStatusFunction } from './queue/fold-status.ts'
import { joinClusterFunction } from './queue/join-cluster.ts'
import { reconcilePlacementFunction } from './queue/reconcile-placement.ts'
import { rolloutPlacementFunction } from './queue/rollout-placement.ts'
import { schedulePlacementFunction } from './queue/schedule-placement.ts'
import { watchMembersFunction } from './queue/watch-members.ts'
import { probeClustersFunction, relayOutboxFunction, resyncFunction, sweepDriftFunction } from './timer/timers.ts'

export const functions: readonly FunctionDef[] = [
  hubApi,
  reconcilePlacementFunction,
  schedulePlacementFunction,
  rolloutPlacementFunction,
  applyWorkFunction,
  watchMembersFunction,
  foldStatusFunction,
  joinClusterFunction,
  collectGarbageFunction,
  relayOutboxFunction,
  probeClustersFunction,
  sweepDriftFunction,
  resyncFunction,
]
