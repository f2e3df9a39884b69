// One look at a member: version, readiness, what its nodes have and its pods take, and its namespaces.
import { z } from 'zod'
import { ObjectMeta, parseApiVersion } from '../../api/kube-object.ts'
import type { MemberProfile } from '../../api/member-cluster.ts'
import { InvalidInputError, TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { MemberRefusal } from '../../ports/member-cluster.ts'
import { failureOf, objectOf } from './answer.ts'
import type { Credentials } from './credentials.ts'
import { DeadlineReached, type MemberAnswer, type MemberCall } from './http.ts'
import { add, formatQuantity, parseQuantity, type Quantity, subtractToZero, zero } from './quantity.ts'

/** Names of namespaces a profile carries at most: KubeFleet's cap. */
const maxNamespaces = 200
/** Objects a page asks for; a page of the largest usual pods stays well below the answer cap. */
const pageSize = 250
/** Kinds of resources of one cluster that are summed; real ones have fewer than ten. */
const maxResourceNames = 64

/** What a probe is put together from. */
export interface ProbeParts {
  readonly send: (call: MemberCall) => Promise<MemberAnswer>
  readonly credentials: Credentials
  readonly clock: Clock
  readonly deadlineMs: number
}

type Read = (path: string, query?: Readonly<Record<string, string>>, accept?: string) => Promise<MemberAnswer>
type Amounts = Map<string, Quantity>

const amount = z.union([z.string(), z.number()]).nullish()
const amounts = z.record(z.string(), amount).nullish()
const Version = z.looseObject({ gitVersion: z.string() })
const Node = z.looseObject({
  metadata: ObjectMeta.optional(),
  spec: z.looseObject({ providerID: z.string().nullish() }).nullish(),
  status: z.looseObject({ capacity: amounts, allocatable: amounts }).nullish(),
})
const Pod = z.looseObject({
  spec: z.looseObject({
    nodeName: z.string().nullish(),
    containers: z.array(z.looseObject({ resources: z.looseObject({ requests: amounts }).nullish() })),
  }),
  status: z.looseObject({ phase: z.string().nullish() }).nullish(),
})
const Namespace = z.looseObject({ metadata: ObjectMeta })
const Page = z.looseObject({
  items: z.array(z.unknown()).nullish(),
  metadata: z.looseObject({ continue: z.string().nullish() }).nullish(),
})

/**
 * Throws TransientError when the probe is not complete within its deadline, InvalidInputError when the credentials are
 * refused or lack a right the probe needs. A member that answers but is not ready has a profile all the same.
 */
export async function probeMember({ send, credentials, clock, deadlineMs }: ProbeParts): Promise<MemberProfile> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(new DeadlineReached(deadlineMs)), deadlineMs)
  const read: Read = (path, query, accept) =>
    send({
      method: 'GET',
      path,
      signal: stop.signal,
      ...(query === undefined ? {} : { query }),
      ...(accept === undefined ? {} : { accept }),
    })
  const context: ReadContext = { read, credentials, clock }
  try {
    const [version, readiness, nodes, requested, namespaces] = await Promise.all([
      readVersion(context),
      readReadiness(context),
      readNodes(context),
      readRequests(context),
      readNamespaces(context),
    ])
    return {
      version,
      ...readiness,
      nodeCount: nodes.count,
      capacity: texts(nodes.capacity),
      allocatable: texts(nodes.allocatable),
      available: texts(remaining(nodes.allocatable, requested)),
      ...namespaces,
      ...(nodes.azure && { azure: nodes.azure }),
      entrypoint: credentials.server.href.replace(/\/$/, ''),
      ...(credentials.tls.ca !== undefined && { certificateAuthority: String(credentials.tls.ca) }),
    }
  } catch (error) {
    throw inSecretTerms(error, credentials)
  } finally {
    clearTimeout(timer)
    // What is still under way after a failure would only load the member.
    stop.abort(new DeadlineReached(deadlineMs))
  }
}

interface ReadContext {
  readonly read: Read
  readonly credentials: Credentials
  readonly clock: Clock
}

/** A right that is missing is mended in the member or in the Secret, so the message names both. */
function inSecretTerms(error: unknown, { server, source, clusterPath, userPath }: Credentials): unknown {
  if (!(error instanceof MemberRefusal)) return error
  if (error.code === 404)
    return new TransientError(
      `${server.host} does not serve the Kubernetes API under the path of ${clusterPath}.server`,
    )
  if (error.code !== 403) return new TransientError(`the probe was refused with ${error.code}: ${error.message}`)
  return new InvalidInputError(`${source}: ${userPath} may not read what a probe needs: ${error.message}`)
}

async function readVersion({ read, credentials, clock }: ReadContext): Promise<string> {
  const version = Version.safeParse(objectOf(await read('/version'), credentials, clock.now()))
  if (!version.success) throw new TransientError(`${credentials.server.host} did not say its version under /version`)
  return version.data.gitVersion
}

async function readReadiness({
  read,
  credentials,
  clock,
}: ReadContext): Promise<{ ready: boolean; readyMessage?: string }> {
  const answer = await read('/readyz', { verbose: 'true' }, 'text/plain, */*')
  if (answer.code === 200) return { ready: true }
  if (answer.code === 401 || answer.code === 403) throw failureOf(answer, credentials, clock.now())
  // The verbose text lists every check; those that failed begin with [-].
  const failed = answer.text.split('\n').filter((line) => line.startsWith('[-]'))
  const words = failed.length > 0 ? failed.join('; ') : `/readyz answered ${answer.code}`
  return { ready: false, readyMessage: credentials.redact(words).slice(0, 1_024) }
}

interface Nodes {
  readonly count: number
  readonly capacity: Amounts
  readonly allocatable: Amounts
  readonly azure: MemberProfile['azure']
}

/** Cores and memory are told of a cluster without nodes too: it has none. */
const alwaysTold = ['cpu', 'memory'] as const
/** How a node's id begins when it is a virtual machine on Azure. */
const azureProvider = 'azure://'
const regionLabel = 'topology.kubernetes.io/region'
const sizeLabels = ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type']

async function readNodes(context: ReadContext): Promise<Nodes> {
  const capacity: Amounts = new Map(alwaysTold.map((name) => [name, zero]))
  const allocatable: Amounts = new Map(capacity)
  const sizes = new Map<string, number>()
  let region: string | undefined
  let count = 0
  for await (const item of pages(context, '/api/v1/nodes')) {
    const node = Node.safeParse(item)
    if (!node.success) throw unreadable(context, 'a node')
    count += 1
    addTo(capacity, node.data.status?.capacity)
    addTo(allocatable, node.data.status?.allocatable)
    if (!node.data.spec?.providerID?.startsWith(azureProvider)) continue
    const labels = node.data.metadata?.labels ?? {}
    const size = sizeLabels.map((label) => labels[label]).find((value) => value) ?? 'undefined'
    sizes.set(size, (sizes.get(size) ?? 0) + 1)
    region ??= labels[regionLabel]
  }
  const azure =
    sizes.size === 0
      ? undefined
      : { ...(region !== undefined && { region }), sizes: Object.fromEntries([...sizes].sort()) }
  return { count, capacity, allocatable, azure }
}

/** What pods that sit on a node and are not finished ask for; each of them takes one of `pods` too. */
async function readRequests(context: ReadContext): Promise<Amounts> {
  const requested: Amounts = new Map()
  const query = { fieldSelector: 'spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed' }
  for await (const item of pages(context, '/api/v1/pods', query)) {
    const pod = Pod.safeParse(item)
    if (!pod.success) throw unreadable(context, 'a pod')
    const { spec, status } = pod.data
    if (!spec.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') continue
    addTo(requested, { pods: '1' })
    for (const container of spec.containers) addTo(requested, container.resources?.requests)
  }
  return requested
}

async function readNamespaces(
  context: ReadContext,
): Promise<Pick<MemberProfile, 'namespaces' | 'namespacesTruncated'>> {
  const found = new Map<string, string>()
  // Metadata alone, from servers that can; others answer whole objects.
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
  for await (const item of pages(context, '/api/v1/namespaces', {}, accept)) {
    const namespace = Namespace.safeParse(item)
    if (!namespace.success || !namespace.data.metadata.name) throw unreadable(context, 'a namespace')
    const { name, deletionTimestamp, ownerReferences = [] } = namespace.data.metadata
    if (deletionTimestamp) continue
    if (found.size === maxNamespaces) return { namespaces: Object.fromEntries(found), namespacesTruncated: true }
    const owner = ownerReferences.find(
      ({ kind, apiVersion }) =>
        kind === 'AppliedWork' && parseApiVersion(apiVersion).group === 'placement.kubernetes-fleet.io',
    )
    found.set(name, owner?.name ?? '')
  }
  return { namespaces: Object.fromEntries(found), namespacesTruncated: false }
}

/** Every item of a list, page by page. */
async function* pages(
  { read, credentials, clock }: ReadContext,
  path: string,
  query: Readonly<Record<string, string>> = {},
  accept?: string,
): AsyncGenerator<unknown> {
  let next = ''
  do {
    const more = next === '' ? {} : { continue: next }
    const answer = await read(path, { ...query, limit: String(pageSize), ...more }, accept)
    const page = Page.safeParse(objectOf(answer, credentials, clock.now()))
    if (!page.success)
      throw new TransientError(`${credentials.server.host} answered ${path} with something that is no list`)
    yield* page.data.items ?? []
    next = page.data.metadata?.continue ?? ''
  } while (next !== '')
}

function unreadable({ credentials }: ReadContext, what: string): TransientError {
  return new TransientError(`${credentials.server.host} listed ${what} that cannot be read`)
}

function addTo(sums: Amounts, more: z.infer<typeof amounts>): void {
  for (const [name, text] of Object.entries(more ?? {})) {
    const quantity = parseQuantity(String(text ?? '0'))
    if (!quantity || (!sums.has(name) && sums.size >= maxResourceNames)) continue
    sums.set(name, add(sums.get(name) ?? zero, quantity))
  }
}

function remaining(allocatable: Amounts, requested: Amounts): Amounts {
  return new Map(
    [...allocatable].map(([name, quantity]) => [name, subtractToZero(quantity, requested.get(name) ?? zero)]),
  )
}

function texts(sums: Amounts): Record<string, string> {
  return Object.fromEntries([...sums].map(([name, quantity]) => [name, formatQuantity(quantity)]))
}
