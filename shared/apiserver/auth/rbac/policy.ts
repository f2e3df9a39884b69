// Everything RBAC knows at one moment, compiled so that a decision looks only at what its user is bound to.
import { z } from 'zod'
import type { KubeObject, ResourceType } from '../../../api/kube-object.ts'
import { aggregatedRules } from './aggregate.ts'
import { type PolicyRule, rulesOf } from './rule.ts'

export const rbacGroup = 'rbac.authorization.k8s.io'

/** The four types a policy is made of. */
export const policyTypes = {
  clusterRoles: { group: rbacGroup, resource: 'clusterroles' },
  roles: { group: rbacGroup, resource: 'roles' },
  clusterRoleBindings: { group: rbacGroup, resource: 'clusterrolebindings' },
  roleBindings: { group: rbacGroup, resource: 'rolebindings' },
} as const satisfies Record<string, ResourceType>

export type PolicyPart = keyof typeof policyTypes

/** The stored objects of the four types. */
export type PolicyObjects = Readonly<Record<PolicyPart, readonly KubeObject[]>>

export const RoleRef = z.object({ kind: z.string(), name: z.string() })
export type RoleRef = z.infer<typeof RoleRef>

const Subject = z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })
type Subject = z.infer<typeof Subject>

const Binding = z.looseObject({ roleRef: RoleRef, subjects: z.array(Subject).nullish() })

/** A role given to a subject. */
export interface Grant {
  readonly role: RoleRef
  /** Where the grant holds; undefined everywhere. */
  readonly namespace: string | undefined
  /** `RoleBinding "b/ns" of Role "r" to User "u"` */
  readonly text: string
}

type Grants = Map<string, Grant[]>

export interface Policy {
  readonly clusterRoles: ReadonlyMap<string, readonly PolicyRule[]>
  /** By `namespace/name`. */
  readonly roles: ReadonlyMap<string, readonly PolicyRule[]>
  /** By subject: `User x`, `Group x`. */
  readonly everywhere: ReadonlyMap<string, readonly Grant[]>
  readonly byNamespace: ReadonlyMap<string, ReadonlyMap<string, readonly Grant[]>>
}

/** Objects that cannot be read grant nothing. */
export function compilePolicy(objects: PolicyObjects): Policy {
  const byNamespace = new Map<string, Grants>()
  const everywhere: Grants = new Map()
  for (const binding of sorted(objects.clusterRoleBindings)) addGrants(everywhere, binding, undefined)
  for (const binding of sorted(objects.roleBindings)) {
    const namespace = binding.metadata.namespace ?? ''
    const grants: Grants = byNamespace.get(namespace) ?? new Map()
    byNamespace.set(namespace, grants)
    addGrants(grants, binding, namespace)
  }
  return {
    clusterRoles: aggregatedRules(objects.clusterRoles),
    roles: new Map(objects.roles.map((role) => [keyText(role.metadata), rulesOf(role)])),
    everywhere,
    byNamespace,
  }
}

const keyText = ({ namespace, name }: KubeObject['metadata']) => `${namespace}/${name}`

/** One order, so that of several grants the same one is named each time. */
function sorted(objects: readonly KubeObject[]): readonly KubeObject[] {
  return [...objects].sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
}

function addGrants(grants: Grants, binding: KubeObject, namespace: string | undefined): void {
  const parsed = Binding.safeParse(binding)
  if (!parsed.success) return
  const { roleRef: role, subjects } = parsed.data
  const name = `${binding.metadata.name ?? ''}${namespace === undefined ? '' : `/${namespace}`}`
  const of = `${namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding'} ${JSON.stringify(name)} of ${role.kind} ${JSON.stringify(role.name)}`
  for (const subject of subjects ?? []) {
    const key = subjectKey(subject, namespace)
    if (key === undefined) continue
    const list = grants.get(key) ?? []
    grants.set(key, list)
    list.push({ role, namespace, text: `${of} to ${subjectText(subject, namespace)}` })
  }
}

/** What a user is found by; undefined for a subject nobody can be. */
function subjectKey({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string | undefined {
  if (kind === 'User' || kind === 'Group') return `${kind} ${name}`
  const home = namespace || bindingNamespace
  return kind === 'ServiceAccount' && home ? `User system:serviceaccount:${home}:${name}` : undefined
}

function subjectText({ kind, name, namespace }: Subject, bindingNamespace: string | undefined): string {
  const home = kind === 'ServiceAccount' ? `/${namespace || bindingNamespace || ''}` : ''
  return `${kind} ${JSON.stringify(`${name}${home}`)}`
}
