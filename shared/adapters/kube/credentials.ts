// How to reach and convince one API server: address, trust, client certificate and headers. KubeConfig of the Kubernetes
// client works them out; it is loaded with the first connection, because that takes 0.1 s bundled and 0.3 s from source.
import type { RequestOptions } from 'node:https'
import { type CheckedKubeconfig, secretText } from './kubeconfig.ts'

/** Everything the HTTP layer must know of one member. Holds secrets: never log it. */
export interface Credentials {
  readonly server: URL
  readonly tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>
  readonly headers: Readonly<Record<string, string>>
  /** Why the API server may refuse them at a moment, with the Secret and the field; for a 401 it answered. */
  explain(now: number): string
  /** `text` with every secret of the kubeconfig struck out. */
  redact(text: string): string
  readonly clusterPath: string
  readonly userPath: string
  /** The Secret, as messages name it. */
  readonly source: string
}

/** Turns a checked kubeconfig into what the HTTP layer needs. */
export async function loadCredentials(cluster: string, checked: CheckedKubeconfig): Promise<Credentials> {
  // The package's entry pulls in a client for every kind there is; this file alone is a third of it.
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
  const plain = checked.server.protocol === 'http:'
  const config = new KubeConfig()
  config.loadFromOptions({
    clusters: [
      {
        name: cluster,
        server: checked.server.href,
        caData: checked.cluster['certificate-authority-data'] || undefined,
        // KubeConfig speaks plain HTTP only to those who renounce TLS, which whoever wrote http:// did.
        skipTLSVerify: plain || checked.cluster['insecure-skip-tls-verify'] === true,
        tlsServerName: checked.cluster['tls-server-name'] || undefined,
      },
    ],
    users: [
      {
        name: cluster,
        token: checked.user.token || undefined,
        username: checked.user.username || undefined,
        password: checked.user.password || undefined,
        certData: checked.user['client-certificate-data'] || undefined,
        keyData: checked.user['client-key-data'] || undefined,
        impersonateUser: checked.user.as || undefined,
      },
    ],
    contexts: [{ name: cluster, cluster, user: cluster }],
    currentContext: cluster,
  })
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const { ca, cert, key, rejectUnauthorized, servername, auth } = options
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value)
  if (auth && !headers['authorization']) headers['authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined),
  )
  return {
    server: checked.server,
    tls,
    headers,
    explain: (now) => explainRefusal(cluster, checked, now),
    redact: redactor(checked),
    clusterPath: checked.clusterPath,
    userPath: checked.userPath,
    source: secretText(cluster),
  }
}

function explainRefusal(cluster: string, checked: CheckedKubeconfig, now: number): string {
  const { user, clientCertificate, userPath } = checked
  const problems = [
    certificateProblem(clientCertificate, userPath, now),
    tokenProblem(user.token, userPath, now),
    user.username && !user.token ? `${userPath}.username or ${userPath}.password is wrong` : undefined,
  ].filter((problem) => problem !== undefined)
  const none = `${userPath} holds no credentials: it needs a token, or client-certificate-data and client-key-data`
  return `${secretText(cluster)}: ${problems.length > 0 ? problems.join('; ') : none}`
}

function certificateProblem(certificate: CheckedKubeconfig['clientCertificate'], path: string, now: number) {
  if (!certificate) return undefined
  const field = `${path}.client-certificate-data`
  if (Date.parse(certificate.validTo) <= now) return `${field} expired on ${isoTime(Date.parse(certificate.validTo))}`
  if (Date.parse(certificate.validFrom) > now)
    return `${field} is not valid before ${isoTime(Date.parse(certificate.validFrom))}`
  return `the API server does not accept ${field}`
}

function tokenProblem(token: string | null | undefined, path: string, now: number): string | undefined {
  if (!token) return undefined
  const expiry = tokenExpiry(token)
  if (expiry !== undefined && expiry <= now) return `${path}.token expired on ${isoTime(expiry)}`
  return `the API server does not accept ${path}.token`
}

/** `exp` of a JSON Web Token in epoch milliseconds; `undefined` for any other token. The signature is not ours to check. */
function tokenExpiry(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    const expiry = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof expiry === 'number' && Number.isFinite(expiry) ? expiry * 1_000 : undefined
  } catch {
    return undefined
  }
}

function isoTime(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z') : String(ms)
}

function redactor({ user }: CheckedKubeconfig): (text: string) => string {
  const secrets = [user.token, user.password, user['client-key-data']]
    .filter((secret) => typeof secret === 'string')
    .filter((secret) => secret.length > 0)
  const basic = user.username ? Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64') : undefined
  if (basic) secrets.push(basic)
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text)
}
