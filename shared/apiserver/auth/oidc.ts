// Bearer tokens of an OpenID Connect issuer, Microsoft Entra ID for one.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { errorMessage, TransientError } from '../../errors.ts'
import type { Authenticate, User } from '../options.ts'

export interface OidcOptions {
  readonly issuer: string
  readonly audience: string | readonly string[]
  /** Where the issuer's keys are; `keys` overrides it. */
  readonly jwksUrl?: string
  readonly keys?: JWTVerifyGetKey
  /** Claim that names the user; falls back to `sub`. */
  readonly nameClaim?: string
  readonly groupsClaim?: string
  /** Seconds the clocks may differ. */
  readonly clockToleranceSeconds?: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

const algorithms = ['RS256', 'ES256']
const maxGroups = 1_000
const maxTokenLength = 32_768

/**
 * Checks the token of a request. No token, or one that does not hold, is no user (401); an issuer whose keys cannot be
 * fetched is a TransientError, so that clients try again instead of logging in anew.
 */
export function oidcAuthentication(options: OidcOptions): Authenticate {
  const keys = options.keys ?? remoteKeys(options)
  return async (request) => {
    const token = bearerToken(request)
    if (token === undefined) return undefined
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: typeof options.audience === 'string' ? options.audience : [...options.audience],
        algorithms,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: options.clockToleranceSeconds ?? 30,
        currentDate: new Date(options.now()),
      })
      return userOf(payload, options)
    } catch (error) {
      if (isOutage(error))
        throw new TransientError(`the token issuer is away: ${errorMessage(error)}`, { cause: error })
      return undefined
    }
  }
}

function remoteKeys({ jwksUrl, issuer }: OidcOptions): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(jwksUrl ?? `${issuer.replace(/\/$/, '')}/discovery/v2.0/keys`))
}

function bearerToken(request: Request): string | undefined {
  const header = request.headers.get('authorization') ?? ''
  const match = /^bearer +([\w.~+/-]+=*)$/i.exec(header)
  return match?.[1] !== undefined && match[1].length <= maxTokenLength ? match[1] : undefined
}

/** Keys that cannot be fetched are the issuer's trouble; everything else jose says is the token's. */
function isOutage(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC'
}

function userOf(payload: JWTPayload, { nameClaim, groupsClaim }: OidcOptions): User {
  const named = nameClaim === undefined ? undefined : payload[nameClaim]
  const groups = payload[groupsClaim ?? 'groups']
  const list = Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : []
  return {
    name: typeof named === 'string' && named !== '' ? named : (payload.sub ?? ''),
    ...(payload.sub !== undefined && { uid: payload.sub }),
    groups: [...list.slice(0, maxGroups), 'system:authenticated'],
  }
}
