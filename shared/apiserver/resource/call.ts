// One request for objects, with everything its handlers need: resolved kind, user, parsed options, collected warnings.
import type { ResourceType } from '../../api/kube-object.ts'
import type { TokenIdentity, TokenRefusal } from '../auth/bearer.ts'
import type { Rbac } from '../auth/rbac/rbac.ts'
import type { ServiceAccountTokens } from '../auth/tokens/service-accounts.ts'
import type { ResponseForm } from '../http/negotiate.ts'
import type { ResourceRequest } from '../http/request-info.ts'
import { badRequest } from '../http/status-error.ts'
import type { ServedKind } from '../kind.ts'
import type { KindIndex } from '../kinds/kind-source.ts'
import type { ApiServerOptions, Authorize, Limits, User } from '../options.ts'

/** The server's options with every default filled in. */
export interface Server extends Omit<ApiServerOptions, 'limits' | 'random' | 'authorize' | 'serviceAccounts'> {
  readonly authorize: Authorize
  /** Present where RBAC decides. */
  readonly rbac: Rbac | undefined
  /** Present where service account tokens are issued. */
  readonly tokens: ServiceAccountTokens | undefined
  /** Whose a bearer token is. */
  readonly identify: (token: string, audiences?: readonly string[]) => Promise<TokenIdentity | TokenRefusal>
  readonly limits: Limits
  readonly random: () => number
}

/** A request on its way through the server. `warnings` collects what the answer's headers will say. */
export interface Call {
  readonly server: Server
  readonly request: Request
  readonly target: ResourceRequest
  readonly kind: ServedKind
  readonly index: KindIndex
  readonly user: User
  readonly form: ResponseForm
  readonly warnings: string[]
}

/** The type of a kind as clients name it in errors; stored types may be shared by several. */
export function typeOf(kind: ServedKind): ResourceType {
  return { group: kind.group, resource: kind.plural }
}

/** An integer parameter, or undefined when absent, 0 or negative. Throws StatusError 400. */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (Math.abs(value) > maxInt64) throw badRequest(`strconv.ParseInt: parsing "${text}": value out of range`)
  return value > 0 ? value : undefined
}

const maxInt64 = 2 ** 63

/** A resource version parameter; undefined when absent or empty. Throws StatusError 400. */
export function revisionParameter(query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion')
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax'
  const quoted = JSON.stringify(text)
  throw badRequest(
    `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`,
  )
}
