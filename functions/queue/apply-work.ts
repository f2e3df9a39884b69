// Serves one cluster: applies, removes and observes what was placed there.
import { applyWork } from '../../shared/app/apply-work.ts'
import { queueFunction } from './queue-function.ts'

export const applyWorkFunction = queueFunction('apply-work', applyWork)
