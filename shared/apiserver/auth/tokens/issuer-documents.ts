// What others need to check the hub's service account tokens: the issuer's discovery document and its public keys.
import { respondTyped } from '../../http/respond.ts'
import type { ServiceAccountTokens } from './service-accounts.ts'

const jwksPath = '/openid/v1/jwks'
const cacheable = 'public, max-age=3600'

/** Answers the two paths; undefined for any other. `url` is the request's own. */
export async function issuerResponse(
  tokens: ServiceAccountTokens,
  path: string,
  url: URL,
): Promise<Response | undefined> {
  if (path === '/.well-known/openid-configuration') {
    return respondTyped(discovery(tokens, url), 'application/json', cacheable)
  }
  if (path !== jwksPath) return undefined
  return respondTyped({ keys: await tokens.keys.publicKeys() }, 'application/jwk-set+json', cacheable)
}

/** An issuer nobody can reach by its name publishes its keys where it was asked. */
function discovery({ issuer }: ServiceAccountTokens, url: URL) {
  const reachable = issuer.startsWith('https://') && !issuer.startsWith('https://kubernetes.default.svc')
  return {
    issuer,
    jwks_uri: `${reachable ? issuer.replace(/\/$/, '') : url.origin}${jwksPath}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}
