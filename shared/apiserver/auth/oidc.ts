// Bearer tokens of an OpenID Connect issuer, Microsoft Entra ID for one. Its keys are where its discovery document says.
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { z } from 'zod'
import { errorMessage, TransientError } from '../../errors.ts'
import type { User } from '../options.ts'
import type { AuthenticateToken } from './bearer.ts'
import { mastersGroup } from './rbac/decide.ts'

export interface OidcOptions {
  /** As the tokens say it, and as the discovery document below it says it. */
  readonly issuer: string
  /** A token must be meant for one of these. */
  readonly audience: string | readonly string[]
  /** Overrides the issuer's published keys. */
  readonly keys?: JWTVerifyGetKey
  /** Claim that names the user, and what goes before the name; falls back to `sub`. */
  readonly nameClaim?: string | undefined
  readonly namePrefix?: string | undefined
  readonly groupsClaim?: string | undefined
  readonly groupsPrefix?: string | undefined
  /** A group of the issuer whose members administer the hub. */
  readonly adminGroup?: string | undefined
  /** Seconds the clocks may differ. */
  readonly clockToleranceSeconds?: number
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly fetch?: FetchImplementation
}

/** Asymmetric algorithms alone: whoever could check a symmetric one could also make tokens. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384']
const maxGroups = 1_000
const fetchMs = 5_000
/** A key id nobody knows sends for the keys again, but not more often than this. */
const refetchMs = 30_000
/** An issuer that could not be reached is left alone for so long. */
const failedMs = 2_000
/** Names the hub gives out itself; no issuer may. */
const reserved = 'system:'

/**
 * Checks tokens of this issuer. A token that does not hold is refused (401); an issuer whose keys cannot be fetched is a
 * TransientError, so that clients try again instead of logging in anew.
 */
export function oidcTokens(options: OidcOptions): AuthenticateToken {
  const own = typeof options.audience === 'string' ? [options.audience] : [...options.audience]
  const keys = options.keys ?? publishedKeys(options)
  return async (token, wanted) => {
    if (issuerOf(token) !== options.issuer) return undefined
    const audiences = wanted === undefined ? own : own.filter((audience) => wanted.includes(audience))
    if (audiences.length === 0) return undefined
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: options.issuer,
        audience: audiences,
        algorithms,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: options.clockToleranceSeconds ?? 30,
        currentDate: new Date(options.now()),
      })
      const user = userOf(payload, options)
      return 'refused' in user ? user : { user, audiences: meantFor(payload, audiences) }
    } catch (error) {
      if (isOutage(error))
        throw new TransientError(`the token issuer is away: ${errorMessage(error)}`, { cause: error })
      return { refused: `oidc: verify token: ${errorMessage(error)}` }
    }
  }
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

const Discovery = z.looseObject({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })

/** The issuer is asked where its keys are at the first token, and again only after it could not be reached. */
function publishedKeys({ issuer, now, fetch: send = fetch }: OidcOptions): JWTVerifyGetKey {
  let looking: Promise<JWTVerifyGetKey> | undefined
  let failedAt: number | undefined

  async function discover(): Promise<JWTVerifyGetKey> {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const answer = await send(url, {
      method: 'GET',
      headers: new Headers({ accept: 'application/json' }),
      redirect: 'manual',
      signal: AbortSignal.timeout(fetchMs),
    })
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
    const document = Discovery.parse(await answer.json())
    if (document.issuer !== issuer) throw new Error(`${url} is about issuer ${document.issuer}, not ${issuer}`)
    return createRemoteJWKSet(new URL(document.jwks_uri), {
      cooldownDuration: refetchMs,
      timeoutDuration: fetchMs,
      [customFetch]: send,
    })
  }

  function found(): Promise<JWTVerifyGetKey> {
    if (looking && (failedAt === undefined || now() - failedAt < failedMs)) return looking
    failedAt = undefined
    looking = discover()
    looking.catch(() => {
      failedAt = now()
    })
    return looking
  }

  return async (header, token) => await (await found())(header, token)
}

/** Keys that cannot be fetched are the issuer's trouble; everything else jose says is the token's. */
function isOutage(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true
  return !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC'
}

function meantFor({ aud }: JWTPayload, audiences: readonly string[]): string[] {
  const said = typeof aud === 'string' ? [aud] : (aud ?? [])
  return audiences.filter((audience) => said.includes(audience))
}

/**
 * A token with more groups than fit (Entra's overage) lists none, so its user has fewer rights and never more: let Entra
 * send only groups assigned to the application, or app roles with the groups claim `roles`.
 */
function userOf(payload: JWTPayload, options: OidcOptions): User | { readonly refused: string } {
  const { nameClaim = 'sub', namePrefix = '', groupsClaim = 'groups', groupsPrefix = '' } = options
  if (nameClaim === 'email' && payload['email_verified'] === false) return { refused: 'oidc: email not verified' }
  const named = payload[nameClaim]
  const name = `${namePrefix}${typeof named === 'string' && named !== '' ? named : (payload.sub ?? '')}`
  if (name.startsWith(reserved)) return { refused: `oidc: a user name may not start with ${reserved}` }
  const groups = payload[groupsClaim]
  const said = (Array.isArray(groups) ? groups : [groups]).filter((group) => typeof group === 'string' && group !== '')
  const list = said.map((group) => `${groupsPrefix}${group}`).filter((group) => !group.startsWith(reserved))
  const masters = options.adminGroup !== undefined && said.includes(options.adminGroup) ? [mastersGroup] : []
  return {
    name,
    ...(payload.sub !== undefined && { uid: payload.sub }),
    groups: [...list.slice(0, maxGroups), ...masters, 'system:authenticated'],
  }
}
