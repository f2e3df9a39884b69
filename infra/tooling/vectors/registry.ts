// Every replayer, one line each. The first that matches a line runs it.
import { defaulter } from './defaulter.ts'
import { overrideApply } from './override-apply.ts'
import type { Replayer } from './replayer.ts'
import { resourceKinds, resourceSelection } from './resource-selection.ts'
import { rolloutPlan } from './rollout-plan.ts'
import { schedulerCycle } from './scheduler-cycle.ts'

export const replayers: readonly Replayer[] = [
  overrideApply,
  rolloutPlan,
  schedulerCycle,
  defaulter,
  resourceSelection,
  resourceKinds,
]
