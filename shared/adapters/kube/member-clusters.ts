// Connections to member clusters, kept from one use to the next: a cluster whose kubeconfig did not change keeps its
// sockets and what is known of its API.
import { createHash } from 'node:crypto'
import type { Clock } from '../../ports/clock.ts'
import type { MemberCluster, MemberClusters } from '../../ports/member-cluster.ts'
import { type Credentials, loadCredentials } from './credentials.ts'
import { createMemberHttp, type HttpLimits, type MemberHttp } from './http.ts'
import { parseKubeconfig } from './kubeconfig.ts'
import { createMemberClient } from './member-client.ts'

/** Limits of each member, and of how many are kept. */
export interface KubeMemberLimits extends HttpLimits {
  /** Deadline of a whole probe. */
  readonly probeMs: number
  /** Clusters whose connection is kept; the one unused longest goes first. */
  readonly connections: number
}

/**
 * Time: KubeFleet gives a property collection 10 s. Rate: twice client-go's default for controllers (20 a second, burst
 * 30), because one worker applies a whole placement at once. Answer: the largest object is 3 MiB, a page of pods a few.
 * Connections: a fleet of a thousand; each takes about 0.1 MB, and its sockets go after a minute of quiet.
 */
export const defaultLimits: KubeMemberLimits = {
  timeoutMs: 10_000,
  probeMs: 10_000,
  answerBytes: 8 * 1_048_576,
  inFlight: 8,
  perSecond: 50,
  burst: 100,
  connections: 1_024,
}

/** The port, and a way to let go of its sockets. */
export interface KubeMemberClusters extends MemberClusters {
  /** Closes idle connections. */
  close(): void
}

interface Connection {
  readonly digest: string
  readonly member: MemberCluster
  close(): void
}

/** `connect` throws InvalidInputError, naming the Secret and the field, when the kubeconfig cannot be used. */
export function kubeMemberClusters(options: { clock: Clock; limits?: Partial<KubeMemberLimits> }): KubeMemberClusters {
  const limits = { ...defaultLimits, ...options.limits }
  const connections = new Map<string, Connection>()

  const open = async (cluster: string, kubeconfig: string): Promise<Omit<Connection, 'digest'>> => {
    const credentials: Credentials = await loadCredentials(cluster, parseKubeconfig(cluster, kubeconfig))
    const http: MemberHttp = createMemberHttp(credentials, limits, options.clock)
    const member = createMemberClient({ http, credentials, clock: options.clock, probeMs: limits.probeMs })
    return { member, close: http.close }
  }
  const keep = (cluster: string, connection: Connection) => {
    connections.get(cluster)?.close()
    connections.delete(cluster)
    connections.set(cluster, connection)
    const oldest = connections.entries().next().value
    if (connections.size > limits.connections && oldest) {
      connections.delete(oldest[0])
      oldest[1].close()
    }
  }

  return {
    connect: async (cluster, kubeconfig) => {
      const digest = createHash('sha256').update(kubeconfig).digest('hex')
      const known = connections.get(cluster)
      if (known?.digest === digest) {
        connections.delete(cluster)
        connections.set(cluster, known)
        return known.member
      }
      const opened = { digest, ...(await open(cluster, kubeconfig)) }
      // Two first uses at once open two; the first one kept wins.
      const raced = connections.get(cluster)
      if (raced?.digest === digest) {
        opened.close()
        return raced.member
      }
      keep(cluster, opened)
      return opened.member
    },
    close: () => {
      for (const connection of connections.values()) connection.close()
      connections.clear()
    },
  }
}
