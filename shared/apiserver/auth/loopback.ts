// Who a request comes from, and what they may do. The API server is handed functions; these are the ones there are.
import type { Authenticate, Authorize, User } from '../options.ts'

/** Every caller of a loopback server is its administrator. */
export const loopbackUser: User = { name: 'hubless-admin', groups: ['system:masters', 'system:authenticated'] }

/** For servers that only this machine can reach. */
export const loopbackAuthentication: Authenticate = () => loopbackUser

export const allowEverything: Authorize = () => ({ allowed: true })

/** Members of any of these groups may do everything, everyone else nothing. */
export function adminGroups(groups: readonly string[]): Authorize {
  const admins = new Set(groups)
  return ({ groups: own }) =>
    own.some((group) => admins.has(group))
      ? { allowed: true }
      : { allowed: false, reason: 'not a member of an administrator group' }
}
