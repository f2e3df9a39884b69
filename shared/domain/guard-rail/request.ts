// What the guard rails see of a request, and their answers. They keep ordinary users away from the fleet's own things.
import type { GroupVersionKind, KubeObject } from '../../api/kube-object.ts'

export interface GuardedRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly kind: GroupVersionKind
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name: string
  readonly user: GuardedUser
  /** Absent for a deletion. */
  readonly object?: KubeObject | undefined
  /** Absent for a creation. */
  readonly old?: KubeObject | undefined
}

export interface GuardedUser {
  readonly name: string
  readonly groups: readonly string[]
}

export interface GuardAnswer {
  readonly allowed: boolean
  readonly message: string
}

/** Prefixes of namespaces that are the fleet's and Kubernetes' own. */
const reservedPrefixes = ['fleet-', 'kube-']

export function isReservedNamespace(name: string | undefined): boolean {
  return reservedPrefixes.some((prefix) => name?.startsWith(prefix) ?? false)
}

/** Groups a message lists at most before it lists only the first few. */
const listedGroups = { most: 10, first: 3 }

/** The answer in KubeFleet's words. */
export function answer(request: GuardedRequest, allowed: boolean): GuardAnswer {
  const { operation, kind, subresource = '', namespace = '', name, user } = request
  const text = `${kind.group}/${kind.version}, Kind=${kind.kind}/${subresource}: ${namespace}/${name}`
  const may = allowed ? 'is allowed' : 'is not allowed'
  return {
    allowed,
    message: `user: '${user.name}' in '${groupsText(user.groups)}' ${may} to ${operation} resource ${text}`,
  }
}

function groupsText(groups: readonly string[]): string {
  return groups.length > listedGroups.most
    ? `groups: [${groups.slice(0, listedGroups.first).join(', ')},......]`
    : `groups: [${groups.join(', ')}]`
}
