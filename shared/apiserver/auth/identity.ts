// Who may come in and what they may do, put together from the options of an API server and what its store holds.
import type { ApiServerOptions, Authenticate } from '../options.ts'
import type { Server } from '../resource/call.ts'
import { type AuthenticateToken, bearerAuthentication, identify } from './bearer.ts'
import { createRbac } from './rbac/rbac.ts'
import { createServiceAccountTokens } from './tokens/service-accounts.ts'
import { createSigningKeys } from './tokens/signing-keys.ts'

/** Reads nothing before the first request. */
export function identityOf(
  options: Pick<
    ApiServerOptions,
    'store' | 'clock' | 'ids' | 'authenticate' | 'authenticators' | 'authorize' | 'serviceAccounts'
  >,
): Pick<Server, 'authenticate' | 'authorize' | 'identify' | 'rbac' | 'tokens'> {
  const { store, clock, ids, authenticate, authorize, serviceAccounts } = options
  const decided = authorize === 'rbac' ? createRbac({ store, clock, ids }) : authorize
  const rbac = typeof decided === 'function' ? undefined : decided
  const tokens =
    serviceAccounts &&
    createServiceAccountTokens({
      store,
      clock,
      ids,
      issuer: serviceAccounts.issuer,
      audiences: [serviceAccounts.issuer],
      keys: createSigningKeys({ store, clock, ids, notBefore: serviceAccounts.keysNotBefore }),
    })
  const chain = [...(tokens ? [tokens.authenticate] : []), ...(options.authenticators ?? [])]
  return {
    rbac,
    tokens,
    authorize: typeof decided === 'function' ? decided : decided.authorize,
    authenticate: chain.length === 0 ? authenticate : bearerAuthentication(chain, authenticate),
    identify: async (token, audiences) =>
      await identify(chain.length === 0 ? [asRequest(authenticate)] : chain, token, audiences),
  }
}

/** For servers that look at the whole request. */
function asRequest(authenticate: Authenticate): AuthenticateToken {
  return async (token) => {
    const headers = { authorization: `Bearer ${token}` }
    const user = await authenticate(new Request('http://hub/', { headers }))
    return user && { user, audiences: [] }
  }
}
