// Moves the decisions of a placement that may move now.
import { rolloutPlacement } from '../../shared/app/rollout-placement.ts'
import { queueFunction } from './queue-function.ts'

export const rolloutPlacementFunction = queueFunction('rollout-placement', rolloutPlacement)
