// The way to a member cluster: its credentials, one warm connection, and a circuit breaker so that a dead cluster costs
// one failed call now and then instead of one per piece of work.
import { InvalidInputError, TransientError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { MemberCluster, MemberClusters } from '../ports/member-cluster.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { types } from './fleet-lists.ts'

/** Namespace of the fleet's own objects. */
export const fleetNamespace = 'fleet-system'
/** Cluster API's convention: Secret `<cluster>-kubeconfig`, key `value`. */
export const credentialsSuffix = '-kubeconfig'
const credentialsKey = 'value'

/** A connection is used this long before the Secret is read again. */
const connectionMs = 15_000
/** Failures in a row that open the breaker, and how long it stays open at first and at most. */
const breakerLimits = { failures: 3, firstMs: 2_000, maxMs: 30_000 }

export interface MemberAccess {
  /**
   * Runs work against a member. Throws TransientError at once while the breaker is open, and InvalidInputError naming
   * the Secret and the field when credentials are missing or refused.
   */
  use<T>(cluster: string, work: (member: MemberCluster) => Promise<T>): Promise<T>
}

interface Connection {
  readonly member: MemberCluster
  readonly until: number
}

interface Breaker {
  readonly failures: number
  readonly openUntil: number
  readonly reason: string
}

export function memberAccess(needs: {
  objects: Pick<ObjectStore, 'get'>
  members: MemberClusters
  clock: Pick<Clock, 'now'>
}): MemberAccess {
  const connections = new Map<string, Connection>()
  const breakers = new Map<string, Breaker>()

  async function connect(cluster: string): Promise<MemberCluster> {
    const known = connections.get(cluster)
    if (known && known.until > needs.clock.now()) return known.member
    const member = await needs.members.connect(cluster, await readCredentials(needs.objects, cluster))
    connections.set(cluster, { member, until: needs.clock.now() + connectionMs })
    return member
  }

  function fail(cluster: string, error: unknown): void {
    connections.delete(cluster)
    if (!(error instanceof TransientError)) return
    const failures = (breakers.get(cluster)?.failures ?? 0) + 1
    const over = failures - breakerLimits.failures
    const openMs = over < 0 ? 0 : Math.min(breakerLimits.maxMs, breakerLimits.firstMs * 2 ** over)
    breakers.set(cluster, { failures, openUntil: needs.clock.now() + openMs, reason: error.message })
  }

  return {
    async use(cluster, work) {
      const breaker = breakers.get(cluster)
      const waitMs = (breaker?.openUntil ?? 0) - needs.clock.now()
      if (breaker && waitMs > 0) throw new TransientError(breaker.reason, { retryAfterMs: waitMs })
      try {
        const result = await work(await connect(cluster))
        breakers.delete(cluster)
        return result
      } catch (error) {
        fail(cluster, error)
        throw error
      }
    },
  }
}

/** The kubeconfig text of a cluster. Throws InvalidInputError that says what to create. */
async function readCredentials(objects: Pick<ObjectStore, 'get'>, cluster: string): Promise<string> {
  const name = `${cluster}${credentialsSuffix}`
  const where = `Secret ${fleetNamespace}/${name}`
  const stored = await objects.get(types.secret, { namespace: fleetNamespace, name })
  if (!stored)
    throw new InvalidInputError(
      `${where} does not exist: create it with the cluster's kubeconfig under key "${credentialsKey}"`,
    )
  const data = stored.object['data']
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, credentialsKey) : undefined
  if (typeof value !== 'string' || value === '')
    throw new InvalidInputError(
      `${where} has no data under key "${credentialsKey}": put the cluster's kubeconfig there`,
    )
  return Buffer.from(value, 'base64').toString('utf8')
}
