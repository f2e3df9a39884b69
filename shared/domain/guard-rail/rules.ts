// Which writes the guard rails let through, in KubeFleet's words. They stand beside roles and bindings, not instead.
import type { GroupVersionKind } from '../../api/kube-object.ts'
import { guardMemberCluster } from './member-cluster.ts'
import { answer, type GuardAnswer, type GuardedRequest, isReservedNamespace } from './request.ts'
import { isAdmin, isMember, isTrusted } from './users.ts'

export interface GuardRailSettings {
  /** Users trusted besides the administrators and the system's own. */
  readonly whitelistedUsers: readonly string[]
  /** Whether only administrators may relabel clusters a managing service made. */
  readonly denyMemberClusterLabels: boolean
}

const fleetGroups = [
  'networking.fleet.azure.com',
  'cluster.kubernetes-fleet.io',
  'placement.kubernetes-fleet.io',
  'multicluster.x-k8s.io',
]
/** Kinds a member's own agent writes in its namespace. */
const memberKinds = new Set([
  'InternalMemberCluster',
  'Work',
  'EndpointSliceExport',
  'EndpointSliceImport',
  'InternalServiceExport',
  'InternalServiceImport',
])
/** Groups whose namespaced kinds are watched over in reserved namespaces; of others only deletions are. */
const watchedGroups = new Set([
  '',
  'apps',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'discovery.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
])
const unwatchedKinds = new Set(['Event', 'Lease'])
const memberPrefix = 'fleet-member-'

/** The cluster whose identity decides about a write, if one does: it is then to be read first. */
export function decidingMember({ kind, namespace = '' }: GuardedRequest): string | undefined {
  return isMemberKind(kind) && namespace.startsWith(memberPrefix) ? namespace.slice(memberPrefix.length) : undefined
}

/**
 * The answer to a write, or undefined when it is nothing the guard rails look at. `identity` is the name of the deciding
 * member's identity; a member that cannot be read keeps nobody away.
 */
export function guard(
  request: GuardedRequest,
  settings: GuardRailSettings,
  identity?: string,
): GuardAnswer | undefined {
  const { kind, namespace } = request
  if (is(kind, 'apiextensions.k8s.io', 'CustomResourceDefinition')) return guardDefinition(request, settings)
  if (is(kind, 'cluster.kubernetes-fleet.io', 'MemberCluster')) return guardMemberCluster(request, settings)
  if (is(kind, '', 'Namespace')) return guardNamespace(request, settings)
  return isReservedNamespace(namespace) ? guardContent(request, settings, identity) : undefined
}

/** The fleet's definitions are the administrators'. */
export function guardDefinition(request: GuardedRequest, { whitelistedUsers }: GuardRailSettings): GuardAnswer {
  const group = request.name.slice(request.name.indexOf('.') + 1)
  return answer(request, !fleetGroups.includes(group) || isAdmin(request.user, whitelistedUsers))
}

function guardNamespace(request: GuardedRequest, { whitelistedUsers }: GuardRailSettings): GuardAnswer {
  if (isReservedNamespace(request.name)) return answer(request, isTrusted(request.user, whitelistedUsers))
  return {
    allowed: true,
    message: "namespace name doesn't begin with fleet-/kube- prefix so we allow all operations on this namespace",
  }
}

function guardContent(
  request: GuardedRequest,
  { whitelistedUsers }: GuardRailSettings,
  identity: string | undefined,
): GuardAnswer | undefined {
  const { kind, operation, user } = request
  if (unwatchedKinds.has(kind.kind)) return undefined
  const trusted = isTrusted(user, whitelistedUsers)
  if (isMemberKind(kind)) {
    const member = decidingMember(request) !== undefined && (identity === undefined || isMember(user, identity))
    return answer(request, trusted || member)
  }
  return operation === 'DELETE' || watchedGroups.has(kind.group) ? answer(request, trusted) : undefined
}

function isMemberKind({ group, kind }: GroupVersionKind): boolean {
  return fleetGroups.includes(group) && memberKinds.has(kind)
}

function is(kind: GroupVersionKind, group: string, name: string): boolean {
  return kind.group === group && kind.kind === name
}
