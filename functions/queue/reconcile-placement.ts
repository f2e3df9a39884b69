// Selects a placement's resources, takes snapshots, keeps finalizers; finds the placements a changed object concerns.
import { reconcilePlacement } from '../../shared/app/reconcile-placement.ts'
import { queueFunction } from './queue-function.ts'

export const reconcilePlacementFunction = queueFunction('reconcile-placement', reconcilePlacement)
