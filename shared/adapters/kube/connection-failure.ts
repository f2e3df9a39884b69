// What went wrong when no answer came: something that may heal, or a field of the kubeconfig.
import { InvalidInputError, TransientError } from '../../errors.ts'
import type { Credentials } from './credentials.ts'

/** OpenSSL's verdicts on the server's certificate, by node's error code. */
const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'CERT_UNTRUSTED',
])

/** Plain words for the errors that mean the member is away. */
const away: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  ENOTFOUND: 'the host name does not resolve',
  EAI_AGAIN: 'the host name does not resolve at the moment',
  ETIMEDOUT: 'the connection timed out',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  CERT_HAS_EXPIRED: 'its serving certificate has expired',
  CERT_NOT_YET_VALID: 'its serving certificate is not valid yet',
}

/** `now` is epoch milliseconds, to tell an expired client certificate. */
export function connectionFailure(error: unknown, credentials: Credentials, now: number): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const { server, clusterPath, source } = credentials
  const tlsName = credentials.tls.servername
  if (untrusted.has(code))
    return new InvalidInputError(
      `${source}: ${clusterPath}.certificate-authority-data does not vouch for the certificate of ${server.host} (${code})`,
    )
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new InvalidInputError(
      `${source}: ${clusterPath}.${tlsName ? 'tls-server-name' : 'server'} names ${tlsName ?? server.hostname}, which the certificate of the API server does not; set tls-server-name to a name it has`,
    )
  // The server ended the handshake over the certificate we showed, or over the lack of one.
  if (/^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA)/.test(code)) return new InvalidInputError(credentials.explain(now))
  if (code === 'EPROTO' || /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)/.test(code))
    return new InvalidInputError(`${source}: ${clusterPath}.server says https, but ${server.host} does not speak TLS`)
  if (/^HPE_|^Z_|ERR_HTTP/.test(code))
    return new TransientError(`${server.host} sent a broken answer (${code})`, { cause: stripped(error) })
  const words = away[code] ?? (code === '' ? 'the connection failed' : `the connection failed (${code})`)
  return new TransientError(`${server.host} cannot be reached: ${words}`, { cause: stripped(error) })
}

/** The error's kind alone: its text may quote what was sent. */
function stripped(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return new Error(code)
}
