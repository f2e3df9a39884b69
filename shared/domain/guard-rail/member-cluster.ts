// Guard rails of MemberClusters. One that a managing service made carries annotations of its prefix; others are anybody's.
import type { KubeObject } from '../../api/kube-object.ts'
import { sortedKeys } from '../placement/canonical-json.ts'
import { answer, type GuardAnswer, type GuardedRequest } from './request.ts'
import type { GuardRailSettings } from './rules.ts'
import { isMaster, isTrusted } from './users.ts'

const managedPrefix = 'fleet.azure.com'
const fleetLabelPrefix = 'kubernetes-fleet.io/'

/** Answers any write of a MemberCluster. */
export function guardMemberCluster(request: GuardedRequest, settings: GuardRailSettings): GuardAnswer {
  const { operation, object, old, user } = request
  if (operation === 'UPDATE' && object && old) return guardUpdate(request, { object, old }, settings)
  if (isManaged(operation === 'DELETE' ? old : object))
    return answer(request, isTrusted(user, settings.whitelistedUsers))
  return { allowed: true, message: 'upstream member cluster resource is allowed to be created/deleted by any user' }
}

interface Update {
  readonly object: KubeObject
  readonly old: KubeObject
}

function guardUpdate(request: GuardedRequest, update: Update, settings: GuardRailSettings): GuardAnswer {
  const { object, old } = update
  const trusted = isTrusted(request.user, settings.whitelistedUsers)
  if (isManaged(old) && !isManaged(object))
    return no('no user is allowed to remove all fleet pre-fixed annotations from a fleet member cluster')
  if (!isManaged(old) && isManaged(object))
    return no('no user is allowed to add a fleet pre-fixed annotation to an upstream member cluster')
  if (request.subresource === 'status') return answer(request, trusted)
  return isManaged(old) ? guardManaged(request, update, settings) : answer(request, true)
}

/** Exported for the recorded cases of it. */
export function guardManaged(
  request: GuardedRequest,
  { object, old }: Update,
  { denyMemberClusterLabels, whitelistedUsers }: GuardRailSettings,
): GuardAnswer {
  const relabelled = text(ownLabels(object)) !== text(ownLabels(old))
  if (denyMemberClusterLabels && relabelled && !isMaster(request.user))
    return no('users are not allowed to modify labels through hub cluster directly')
  const changed =
    text(withoutTaints(object)) !== text(withoutTaints(old)) ||
    text(object['status']) !== text(old['status']) ||
    text(managedAnnotations(object)) !== text(managedAnnotations(old))
  return answer(request, !changed || isTrusted(request.user, whitelistedUsers))
}

function no(message: string): GuardAnswer {
  return { allowed: false, message }
}

function isManaged(object: KubeObject | undefined): boolean {
  return Object.keys(object ? managedAnnotations(object) : {}).length > 0
}

function managedAnnotations({ metadata }: KubeObject): Record<string, string> {
  return filtered(metadata.annotations, (key) => key.startsWith(managedPrefix))
}

function ownLabels({ metadata }: KubeObject): Record<string, string> {
  return filtered(metadata.labels, (key) => !key.startsWith(fleetLabelPrefix))
}

function filtered(map: Record<string, string> = {}, keep: (key: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(map).filter(([key]) => keep(key)))
}

function withoutTaints({ spec }: KubeObject): object {
  const { taints: _, ...rest } = (spec ?? {}) as Record<string, unknown>
  return rest
}

function text(value: unknown): string {
  return JSON.stringify(sortedKeys(value ?? {}))
}
