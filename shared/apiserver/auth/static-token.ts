// One fixed token for the administrator of a hub that only its own machine can reach.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { User } from '../options.ts'
import type { AuthenticateToken } from './bearer.ts'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Takes exactly this token, for the given audiences; compares in a time that tells nothing of it. */
export function staticToken(token: string, user: User, ownAudiences: readonly string[]): AuthenticateToken {
  const wanted = digest(token)
  return async (given, audiences = ownAudiences) => {
    if (!timingSafeEqual(digest(given), wanted)) return undefined
    const meant = audiences.filter((audience) => ownAudiences.includes(audience))
    return meant.length > 0 ? { user, audiences: meant } : undefined
  }
}
