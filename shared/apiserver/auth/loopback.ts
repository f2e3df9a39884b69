// The administrator of a server that only its own machine can reach, and servers that ask nobody who they are.
import type { Authenticate, Authorize, User } from '../options.ts'

/** Every caller of a loopback server is its administrator. */
export const loopbackUser: User = { name: 'hubless-admin', groups: ['system:masters', 'system:authenticated'] }

/** For servers that only this machine can reach. */
export const loopbackAuthentication: Authenticate = () => loopbackUser

/** For simulated members and tests; a hub decides by RBAC. */
export const allowEverything: Authorize = () => ({ allowed: true })
