// Ends what depended on an object that went away.
import { collectGarbage } from '../../shared/app/collect-garbage.ts'
import { queueFunction } from './queue-function.ts'

export const collectGarbageFunction = queueFunction('collect-garbage', collectGarbage)
