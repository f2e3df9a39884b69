// Folds what the workers observed into the placement's status.
import { foldStatus } from '../../shared/app/fold-status.ts'
import { queueFunction } from './queue-function.ts'

export const foldStatusFunction = queueFunction('fold-status', foldStatus)
