// Watches members for what others change there.
import { watchMembers } from '../../shared/app/watch-members.ts'
import { queueFunction } from './queue-function.ts'

export const watchMembersFunction = queueFunction('watch-members', watchMembers)
