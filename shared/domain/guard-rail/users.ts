// Whom the guard rails trust.
import type { GuardedUser } from './request.ts'

const adminGroups = ['system:masters', 'kubeadm:cluster-admins']
const systemGroups = ['system:serviceaccounts', 'system:nodes']
const systemUsers = ['system:kube-scheduler', 'system:kube-controller-manager', 'aks-support']

/** Users who may change even the fleet's definitions: administrators, and those the setting names. */
export function isAdmin({ name, groups }: GuardedUser, whitelisted: readonly string[]): boolean {
  return whitelisted.includes(name) || groups.some((group) => adminGroups.includes(group))
}

/** Users who may change the fleet's objects: administrators and the system's own. */
export function isTrusted(user: GuardedUser, whitelisted: readonly string[]): boolean {
  return (
    isAdmin(user, whitelisted) ||
    systemUsers.includes(user.name) ||
    user.groups.some((group) => systemGroups.includes(group))
  )
}

/** Administrators by Kubernetes' own group alone: no setting adds to them. */
export function isMaster({ groups }: GuardedUser): boolean {
  return groups.includes('system:masters')
}

/** Whether a user is who a member's identity names, plainly or as a service account of the fleet. */
export function isMember({ name }: GuardedUser, identity: string): boolean {
  return name === identity || name === `system:serviceaccount:fleet-system:${identity}`
}
