// Bearer tokens: whoever can tell whose a token is gets asked in turn.
import type { Authenticate, User } from '../options.ts'

/** Whose a token is, and which of the audiences it was asked for it is meant for. */
export interface TokenIdentity {
  readonly user: User
  readonly audiences: readonly string[]
}

/** Why a token that this authenticator knows is not taken. */
export interface TokenRefusal {
  readonly refused: string
}

/**
 * Undefined for a token that is none of its own. No `audiences` means the hub's own. Throws TransientError when it cannot
 * be told now.
 */
export type AuthenticateToken = (
  token: string,
  audiences?: readonly string[],
) => Promise<TokenIdentity | TokenRefusal | undefined>

const maxTokenLength = 32_768
const tokenShape = /^[\w.~+/-]+=*$/

/** The token of an Authorization header; undefined when there is none, '' when it cannot be one. */
export function bearerToken(request: Request): string | undefined {
  const header = request.headers.get('authorization') ?? ''
  const match = /^bearer(?: +(.*))?$/i.exec(header.trim())
  if (!match) return undefined
  const token = match[1] ?? ''
  return token.length <= maxTokenLength && tokenShape.test(token) ? token : ''
}

/** Asks each in turn. The refusals of all are joined, as the API server's chain does. */
export async function identify(
  authenticators: readonly AuthenticateToken[],
  token: string,
  audiences?: readonly string[],
): Promise<TokenIdentity | TokenRefusal> {
  const reasons: string[] = []
  if (tokenShape.test(token) && token.length <= maxTokenLength) {
    for (const authenticate of authenticators) {
      const answer = await authenticate(token, audiences)
      if (answer && 'user' in answer) return answer
      if (answer) reasons.push(answer.refused)
    }
  }
  const [first] = reasons
  return {
    refused: first === undefined ? 'invalid bearer token' : `[invalid bearer token, ${reasons.join(', ')}]`,
  }
}

/** Takes the tokens of these authenticators; what a request without one is, `otherwise` says. */
export function bearerAuthentication(
  authenticators: readonly AuthenticateToken[],
  otherwise: Authenticate = () => undefined,
): Authenticate {
  return async (request) => {
    const token = bearerToken(request)
    if (token === undefined) return await otherwise(request)
    const answer = await identify(authenticators, token)
    return 'user' in answer ? answer.user : undefined
  }
}
