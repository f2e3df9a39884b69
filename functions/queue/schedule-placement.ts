// Decides the clusters of a placement.
import { schedulePlacement } from '../../shared/app/schedule-placement.ts'
import { queueFunction } from './queue-function.ts'

export const schedulePlacementFunction = queueFunction('schedule-placement', schedulePlacement)
