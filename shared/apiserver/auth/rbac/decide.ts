// May this user do this, by this policy? No rule forbids: whatever no rule allows is refused.
import type { Attributes, User, Verdict } from '../../options.ts'
import { type Grant, type Policy, type RoleRef, rbacGroup } from './policy.ts'
import { type PolicyRule, ruleAllows } from './rule.ts'

/** Members may do everything, whatever the policy says: nobody can lock themselves out. */
export const mastersGroup = 'system:masters'

export function isMaster({ groups }: Pick<User, 'groups'>): boolean {
  return groups.includes(mastersGroup)
}

/** The reason names the grant that allows, or the roles that are bound and not there. */
export function decide(policy: Policy, user: User, attributes: Attributes): Verdict {
  if (isMaster(user)) return { allowed: true }
  const missing: RoleRef[] = []
  for (const grant of grantsOf(policy, user, attributes.namespace)) {
    const rules = grantedRules(policy, grant)
    if (!rules) missing.push(grant.role)
    else if (rules.some((rule) => ruleAllows(rule, attributes)))
      return { allowed: true, reason: `RBAC: allowed by ${grant.text}` }
  }
  const text = missingText(missing)
  return text === undefined ? { allowed: false } : { allowed: false, reason: `RBAC: ${text}` }
}

/** All rules a user has in a namespace, and the roles that are bound to them and not there. */
export function rulesFor(
  policy: Policy,
  user: User,
  namespace: string | undefined,
): { rules: readonly PolicyRule[]; missing: readonly RoleRef[] } {
  const found = grantsOf(policy, user, namespace).map((grant) => ({ grant, rules: grantedRules(policy, grant) }))
  return {
    rules: found.flatMap(({ rules }) => rules ?? []),
    missing: found.flatMap(({ grant, rules }) => (rules ? [] : [grant.role])),
  }
}

/** The rules behind a role reference, or undefined when there is no such role. */
export function rulesOfRole(
  policy: Policy,
  role: RoleRef,
  namespace: string | undefined,
): readonly PolicyRule[] | undefined {
  return role.kind === 'ClusterRole'
    ? policy.clusterRoles.get(role.name)
    : policy.roles.get(`${namespace ?? ''}/${role.name}`)
}

const grantedRules = (policy: Policy, { role, namespace }: Grant) => rulesOfRole(policy, role, namespace)

/** What holds everywhere first, then what holds in the namespace. */
function grantsOf(policy: Policy, user: User, namespace: string | undefined): Grant[] {
  const subjects = [`User ${user.name}`, ...user.groups.map((group) => `Group ${group}`)]
  const local = namespace ? policy.byNamespace.get(namespace) : undefined
  return [policy.everywhere, ...(local ? [local] : [])].flatMap((grants) =>
    subjects.flatMap((subject) => grants.get(subject) ?? []),
  )
}

/** Missing roles in words; `resource` stands in for each role's own type where the API server says so. */
export function missingText(missing: readonly RoleRef[], resource?: string): string | undefined {
  const texts = new Set(
    missing.map(({ kind, name }) => `${resource ?? kind.toLowerCase()}.${rbacGroup} ${JSON.stringify(name)} not found`),
  )
  const [first] = texts
  return texts.size > 1 ? `[${[...texts].join(', ')}]` : first
}
