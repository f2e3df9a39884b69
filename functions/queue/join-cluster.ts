// Looks at clusters that joined, changed, leave or are due.
import { joinCluster } from '../../shared/app/join-cluster.ts'
import { queueFunction } from './queue-function.ts'

export const joinClusterFunction = queueFunction('join-cluster', joinCluster)
