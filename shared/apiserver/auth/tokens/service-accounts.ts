// Service account tokens: the hub issues them and takes them back until they expire, or until what they are bound to is
// gone. Whether it is gone is looked up, and the answer counts for `boundRecheckMs`.
import { decodeJwt, errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { keyText, type ObjectKey, type ResourceType, typeText } from '../../../api/kube-object.ts'
import type { Clock, Ids } from '../../../ports/clock.ts'
import type { ObjectStore } from '../../../ports/object-store.ts'
import type { User } from '../../options.ts'
import { accountGroups, accountUserName } from '../account-name.ts'
import type { AuthenticateToken, TokenIdentity, TokenRefusal } from '../bearer.ts'
import { quotedList } from '../rbac/covers.ts'
import { type SigningKeys, tokenAlgorithm, UnknownKey } from './signing-keys.ts'

/** How long a deleted account's tokens may still be taken on instances that did not delete it. */
export const boundRecheckMs = 2_000
/** An object being deleted still counts for so long, as for a pod that shuts down. */
const deletionGraceMs = 60_000
const maxLookUps = 2_000

const Ref = z.object({ name: z.string(), uid: z.string() })
export type BoundRef = z.infer<typeof Ref>

const Claims = z.looseObject({
  sub: z.string(),
  aud: z.union([z.string().transform((one) => [one]), z.array(z.string())]),
  jti: z.string().optional(),
  'kubernetes.io': z.looseObject({
    namespace: z.string(),
    serviceaccount: Ref,
    secret: Ref.optional(),
    pod: Ref.optional(),
    node: Ref.optional(),
  }),
})
type Claims = z.infer<typeof Claims>

/** What a token is to say. Times are epoch milliseconds, of which whole seconds count. */
export interface TokenWish {
  readonly namespace: string
  readonly account: BoundRef
  readonly secret?: BoundRef | undefined
  readonly pod?: BoundRef | undefined
  readonly node?: BoundRef | undefined
  readonly audiences: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface ServiceAccountTokens {
  readonly issuer: string
  /** Audiences of the hub itself. */
  readonly audiences: readonly string[]
  readonly keys: SigningKeys
  issue(wish: TokenWish): Promise<string>
  readonly authenticate: AuthenticateToken
  /** This process wrote an object of this type. */
  written(type: ResourceType): void
}

export interface ServiceAccountTokensOptions {
  readonly store: ObjectStore
  readonly clock: Pick<Clock, 'now'>
  readonly ids: Ids
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly keys: SigningKeys
}

type Bound = { readonly uid: string | undefined; readonly deletedAt: number | undefined } | undefined

export function createServiceAccountTokens(options: ServiceAccountTokensOptions): ServiceAccountTokens {
  const { store, clock, ids, issuer, keys } = options
  const lookUps = new Map<string, Map<string, { readonly at: number; readonly bound: Promise<Bound> }>>()

  return {
    issuer,
    audiences: options.audiences,
    keys,
    issue: async (wish) => {
      const { kid, key } = await keys.signer(wish.expiresAt)
      return await new SignJWT(claimsOf(wish))
        .setProtectedHeader({ alg: tokenAlgorithm, kid })
        .setSubject(accountUserName({ namespace: wish.namespace, name: wish.account.name }))
        .setAudience([...wish.audiences])
        .setIssuer(issuer)
        .setJti(ids.uuid())
        .setIssuedAt(seconds(wish.issuedAt))
        .setNotBefore(seconds(wish.issuedAt))
        .setExpirationTime(seconds(wish.expiresAt))
        .sign(key)
    },
    authenticate: async (token, audiences) => {
      if (!isOurs(token)) return undefined
      const claims = await verified(token)
      return isRefusal(claims) ? claims : await identity(claims, audiences ?? options.audiences)
    },
    written: (type) => lookUps.delete(typeText(type)),
  }

  function isOurs(token: string): boolean {
    try {
      return decodeJwt(token).iss === issuer
    } catch {
      return false
    }
  }

  async function verified(token: string): Promise<Claims | TokenRefusal> {
    try {
      const { payload } = await jwtVerify(token, keys.verifier, {
        issuer,
        algorithms: [tokenAlgorithm],
        requiredClaims: ['exp', 'sub', 'aud'],
        currentDate: new Date(clock.now()),
      })
      const claims = Claims.safeParse(payload)
      return claims.success ? claims.data : { refused: 'service account token claims are invalid' }
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { refused: 'service account token has expired' }
      if (error instanceof errors.JOSEError || error instanceof UnknownKey)
        return { refused: 'invalid signature of the service account token' }
      throw error
    }
  }

  async function identity(claims: Claims, wanted: readonly string[]): Promise<TokenIdentity | TokenRefusal> {
    const audiences = claims.aud.filter((audience) => wanted.includes(audience))
    if (audiences.length === 0) {
      const [own, target] = [quotedList(claims.aud), quotedList(wanted)]
      return { refused: `token audiences ${own} is invalid for the target audiences ${target}` }
    }
    const { namespace, serviceaccount, secret, pod, node } = claims['kubernetes.io']
    const held: readonly (readonly [string, string | undefined, BoundRef | undefined])[] = [
      ['serviceaccounts', namespace, serviceaccount],
      ['secrets', namespace, secret],
      ['pods', namespace, pod],
      ['nodes', undefined, pod ? undefined : node],
    ]
    for (const [resource, home, ref] of held) {
      if (
        ref &&
        !(await stands({ group: '', resource }, { ...(home && { namespace: home }), name: ref.name }, ref.uid))
      )
        return { refused: 'service account token has been invalidated' }
    }
    return { user: userOf(claims), audiences }
  }

  /** Whether the very object a token is bound to is still there. */
  async function stands(type: ResourceType, key: ObjectKey, uid: string): Promise<boolean> {
    const found = await lookUp(type, key)
    if (found?.uid !== uid) return false
    return found.deletedAt === undefined || found.deletedAt + deletionGraceMs > clock.now()
  }

  function lookUp(type: ResourceType, key: ObjectKey): Promise<Bound> {
    const ofType = lookUps.get(typeText(type)) ?? new Map()
    if (!lookUps.has(typeText(type)) || ofType.size >= maxLookUps) {
      ofType.clear()
      lookUps.set(typeText(type), ofType)
    }
    const known = ofType.get(keyText(key))
    if (known && clock.now() - known.at < boundRecheckMs) return known.bound
    const bound = store.get(type, key).then((found): Bound => {
      const metadata = found?.object.metadata
      if (!metadata) return undefined
      const { uid, deletionTimestamp } = metadata
      return { uid, deletedAt: deletionTimestamp ? Date.parse(deletionTimestamp) : undefined }
    })
    ofType.set(keyText(key), { at: clock.now(), bound })
    // A look that failed says nothing to the next caller.
    bound.catch(() => ofType.delete(keyText(key)))
    return bound
  }
}

const isRefusal = (answer: Claims | TokenRefusal): answer is TokenRefusal => !('sub' in answer)

const seconds = (ms: number) => Math.floor(ms / 1_000)

function claimsOf({ namespace, account, secret, pod, node }: TokenWish) {
  const bound = { namespace, ...(node && { node }), ...(pod && { pod }), ...(secret && { secret }) }
  return { 'kubernetes.io': { ...bound, serviceaccount: account } }
}

function userOf(claims: Claims): User {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io']
  const extra = {
    ...(claims.jti !== undefined && { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }),
    ...(node && {
      'authentication.kubernetes.io/node-name': [node.name],
      'authentication.kubernetes.io/node-uid': [node.uid],
    }),
    ...(pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    }),
  }
  return {
    name: accountUserName({ namespace, name: serviceaccount.name }),
    uid: serviceaccount.uid,
    groups: [...accountGroups(namespace), 'system:authenticated'],
    extra,
  }
}
