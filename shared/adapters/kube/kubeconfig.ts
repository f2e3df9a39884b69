// Reads a member's kubeconfig: checks every field the hub relies on, refuses what a hub must not do (run programs, read
// files of its own machine), and says which field is wrong without ever repeating a value.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { InvalidInputError } from '../../errors.ts'

/** Kubernetes keeps a Secret below 1 MiB, so a longer text did not come from one. */
const maxTextLength = 1_048_576

const optionalText = z.string().nullish()
const Cluster = z.looseObject({
  server: z.string(),
  'certificate-authority-data': optionalText,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'tls-server-name': optionalText,
})
const User = z.looseObject({
  token: optionalText,
  username: optionalText,
  password: optionalText,
  'client-certificate-data': optionalText,
  'client-key-data': optionalText,
  as: optionalText,
})
const Kubeconfig = z.looseObject({
  'current-context': z.string().min(1),
  contexts: z.array(
    z.looseObject({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: optionalText }) }),
  ),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: Cluster })),
  users: z.array(z.looseObject({ name: z.string(), user: User.nullish() })).nullish(),
})
type Cluster = z.infer<typeof Cluster>
type User = z.infer<typeof User>

/** Fields that would make the hub read its own disk, run a program, or speak through something it does not know. */
const refusedCluster: Readonly<Record<string, string>> = {
  'certificate-authority': 'names a file; put the certificate itself, base64, in certificate-authority-data',
  'proxy-url': 'is not supported: the hub must reach the API server directly',
}
const refusedUser: Readonly<Record<string, string>> = {
  exec: 'runs a program, which the hub does not do; use a token, for example of a service account, or a client certificate',
  'auth-provider': 'is not supported; use a token, for example of a service account, or a client certificate',
  tokenFile: 'names a file; put the token itself in token',
  'token-file': 'names a file; put the token itself in token',
  'client-certificate': 'names a file; put the certificate itself, base64, in client-certificate-data',
  'client-key': 'names a file; put the key itself, base64, in client-key-data',
  'as-groups': 'is not supported; grant the rights to the user itself',
  'as-uid': 'is not supported; grant the rights to the user itself',
  'as-user-extra': 'is not supported; grant the rights to the user itself',
}

/** One cluster and one user, checked. */
export interface CheckedKubeconfig {
  readonly server: URL
  readonly cluster: Cluster
  readonly user: User
  readonly clientCertificate: X509Certificate | undefined
  /** Where the cluster and the user stand in the text, e.g. `clusters[0].cluster`; for messages. */
  readonly clusterPath: string
  readonly userPath: string
}

/** The Secret the hub reads a cluster's kubeconfig from, as every complaint names it. */
export function secretText(cluster: string): string {
  return `Secret \`${cluster}-kubeconfig\` in \`fleet-system\`, key \`value\``
}

/** Throws InvalidInputError naming the Secret and the field. */
export function parseKubeconfig(cluster: string, text: string): CheckedKubeconfig {
  const complain = (problem: string): never => {
    throw new InvalidInputError(`${secretText(cluster)}: ${problem}`)
  }
  const config = readConfig(text, complain)
  const current = config['current-context']
  const context = config.contexts.find(({ name }) => name === current)?.context
  if (!context) return complain(`current-context names "${clip(current)}", which is not among contexts`)
  const clusterAt = config.clusters.findIndex(({ name }) => name === context.cluster)
  const found = config.clusters[clusterAt]?.cluster
  if (!found)
    return complain(`context "${clip(current)}" names cluster "${clip(context.cluster)}", which is not among clusters`)
  const users = config.users ?? []
  const userAt = context.user ? users.findIndex(({ name }) => name === context.user) : -1
  if (context.user && userAt < 0)
    return complain(`context "${clip(current)}" names user "${clip(context.user)}", which is not among users`)
  const user = users[userAt]?.user ?? {}
  const clusterPath = `clusters[${clusterAt}].cluster`
  const userPath = userAt < 0 ? `contexts of "${clip(current)}"` : `users[${userAt}].user`
  refuse(found, refusedCluster, clusterPath, complain)
  refuse(user, refusedUser, userPath, complain)
  const server = checkServer(found, clusterPath, complain)
  checkAuthority(found, clusterPath, complain)
  const clientCertificate = checkClientCertificate(user, userPath, complain)
  checkSecrets(user, userPath, complain)
  return { server, cluster: found, user, clientCertificate, clusterPath, userPath }
}

type Complain = (problem: string) => never

function readConfig(text: string, complain: Complain): z.infer<typeof Kubeconfig> {
  if (text.trim() === '') return complain('is empty; it must hold a kubeconfig')
  if (text.length > maxTextLength) return complain(`has ${text.length} characters; at most ${maxTextLength} are read`)
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'silent', uniqueKeys: true })
  const error = document.errors[0]
  // The parser's own words quote the text, which holds credentials.
  if (error) return complain(`is not YAML: ${error.code} at line ${error.linePos?.[0].line ?? 1}`)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 20 })
  } catch {
    return complain('is not usable YAML: it refers to itself or repeats an alias too often')
  }
  const parsed = Kubeconfig.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = issue?.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('') ?? ''
  return complain(`${path.replace(/^\./, '') || 'the kubeconfig'} is wrong: ${issue?.message ?? 'invalid'}`)
}

function refuse(
  fields: Readonly<Record<string, unknown>>,
  refused: Readonly<Record<string, string>>,
  path: string,
  complain: Complain,
): void {
  for (const [field, why] of Object.entries(refused)) {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (value !== undefined && value !== null && value !== '') complain(`${path}.${field} ${why}`)
  }
}

function checkServer(cluster: Cluster, path: string, complain: Complain): URL {
  const server = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined
  if (!server || !['http:', 'https:'].includes(server.protocol))
    return complain(`${path}.server must be a URL that begins with https:// or http://`)
  if (server.username !== '' || server.password !== '')
    return complain(`${path}.server holds credentials; put them in users[].user`)
  if (server.search !== '' || server.hash !== '')
    return complain(`${path}.server must end with its path, without ? or #`)
  return server
}

function checkAuthority(cluster: Cluster, path: string, complain: Complain): void {
  const data = cluster['certificate-authority-data']
  if (!data) return
  if (cluster['insecure-skip-tls-verify'])
    complain(`${path} has both certificate-authority-data and insecure-skip-tls-verify; keep one`)
  try {
    new X509Certificate(Buffer.from(data, 'base64'))
  } catch {
    complain(`${path}.certificate-authority-data is not a PEM certificate in base64`)
  }
}

function checkClientCertificate(user: User, path: string, complain: Complain): X509Certificate | undefined {
  const certificate = user['client-certificate-data']
  const key = user['client-key-data']
  if (!certificate && !key) return undefined
  if (!certificate) return complain(`${path}.client-certificate-data is missing, but client-key-data is there`)
  if (!key) return complain(`${path}.client-key-data is missing, but client-certificate-data is there`)
  const parsed = attempt(() => new X509Certificate(Buffer.from(certificate, 'base64')))
  if (!parsed) return complain(`${path}.client-certificate-data is not a PEM certificate in base64`)
  const privateKey = attempt(() => createPrivateKey(Buffer.from(key, 'base64')))
  if (!privateKey) return complain(`${path}.client-key-data is not an unencrypted PEM key in base64`)
  if (!parsed.checkPrivateKey(privateKey))
    return complain(`${path}.client-key-data does not belong to client-certificate-data`)
  return parsed
}

/** What travels in headers must be fit for one: a line break in a pasted token is the usual mistake. */
function checkSecrets(user: User, path: string, complain: Complain): void {
  if (user.token && !/^[\x21-\x7e]+$/.test(user.token))
    complain(`${path}.token has characters a bearer token cannot have, such as a space or a line break`)
  if (user.as && !/^[\x20-\x7e]+$/.test(user.as)) complain(`${path}.as has characters a header cannot have`)
  if (user.password && !user.username) complain(`${path}.username is missing, but password is there`)
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}

const clip = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
