// The default roles and bindings in the store: made where they are missing, completed where somebody took something away.
import type { KubeObject } from '../../../api/kube-object.ts'
import { ConflictError } from '../../../errors.ts'
import type { ObjectStore } from '../../../ports/object-store.ts'
import { missingRules } from './covers.ts'
import { type DefaultBinding, type DefaultRole, defaultBindings, defaultRoles } from './default-roles.ts'
import { type PolicyObjects, policyTypes, rbacGroup } from './policy.ts'
import { type PolicyRule, rulesOf } from './rule.ts'

const apiVersion = `${rbacGroup}/v1`
const autoupdate = 'rbac.authorization.kubernetes.io/autoupdate'
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

type Part = 'clusterRoles' | 'clusterRoleBindings'

interface Seed {
  readonly part: Part
  readonly wanted: KubeObject
  /** The object as it should be, or undefined when it is. */
  complete(found: KubeObject): KubeObject | undefined
}

const seeds: readonly Seed[] = [
  ...defaultRoles.map(
    (role): Seed => ({
      part: 'clusterRoles',
      wanted: roleObject(role),
      complete: (found) => completeRole(role, found),
    }),
  ),
  ...defaultBindings.map(
    (binding): Seed => ({
      part: 'clusterRoleBindings',
      wanted: bindingObject(binding),
      complete: (found) => completeBinding(binding, found),
    }),
  ),
]

/**
 * Writes what is missing of the defaults, given what is stored. Idempotent, also against other instances doing the same:
 * who loses a race leaves it to the winner.
 */
export async function seedRoles(
  store: ObjectStore,
  stored: PolicyObjects,
  stamp: { readonly uid: () => string; readonly now: string },
): Promise<void> {
  const parts: readonly Part[] = ['clusterRoles', 'clusterRoleBindings']
  await Promise.all(parts.map((part) => seedPart(part)))

  async function seedPart(part: Part): Promise<void> {
    const found = new Map(stored[part].map((object) => [object.metadata.name, object]))
    for (const seed of seeds.filter((each) => each.part === part)) {
      try {
        await settle(seed, found.get(seed.wanted.metadata.name))
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
      }
    }
  }

  async function settle({ part, wanted, complete }: Seed, found: KubeObject | undefined): Promise<void> {
    const key = { name: wanted.metadata.name ?? '' }
    if (!found) {
      const metadata = { ...wanted.metadata, uid: stamp.uid(), creationTimestamp: stamp.now }
      await store.write(policyTypes[part], { key, expect: 'absent', object: { ...wanted, metadata } })
      return
    }
    if (found.metadata.annotations?.[autoupdate] === 'false' || found.metadata.deletionTimestamp) return
    const object = complete(found)
    const expect = Number(found.metadata.resourceVersion)
    if (object) await store.write(policyTypes[part], { key, expect, object, previous: found })
  }
}

function metadataOf(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject['metadata'] {
  return { name, labels: { ...bootstrapping, ...labels }, annotations: { [autoupdate]: 'true' } }
}

function roleObject({ name, labels, rules, aggregates }: DefaultRole): KubeObject {
  return {
    apiVersion,
    kind: 'ClusterRole',
    metadata: metadataOf(name, labels),
    ...(aggregates && { aggregationRule: { clusterRoleSelectors: aggregates } }),
    rules: rules ?? null,
  }
}

function completeRole(role: DefaultRole, found: KubeObject): KubeObject | undefined {
  if (!role.rules) return undefined
  const missing = missingRules(rulesOf(found), role.rules.map(fullRule))
  if (missing.length === 0) return undefined
  const stored = Array.isArray(found['rules']) ? found['rules'] : []
  return { ...found, rules: [...stored, ...missing.map(withoutEmpty)] }
}

function fullRule(rule: NonNullable<DefaultRole['rules']>[number]): PolicyRule {
  return { apiGroups: [], resources: [], nonResourceURLs: [], resourceNames: [], ...rule }
}

function withoutEmpty(rule: PolicyRule): object {
  return Object.fromEntries(Object.entries(rule).filter(([, values]) => values.length > 0))
}

function groupSubjects(groups: readonly string[]) {
  return groups.map((name) => ({ kind: 'Group', apiGroup: rbacGroup, name }))
}

function bindingObject({ name, groups }: DefaultBinding): KubeObject {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: metadataOf(name),
    subjects: groupSubjects(groups),
    roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
  }
}

function completeBinding({ groups }: DefaultBinding, found: KubeObject): KubeObject | undefined {
  const subjects: readonly unknown[] = Array.isArray(found['subjects']) ? found['subjects'] : []
  const has = (name: string) =>
    subjects.some(
      (subject) =>
        typeof subject === 'object' &&
        subject !== null &&
        'kind' in subject &&
        subject.kind === 'Group' &&
        'name' in subject &&
        subject.name === name,
    )
  const missing = groups.filter((name) => !has(name))
  return missing.length === 0 ? undefined : { ...found, subjects: [...subjects, ...groupSubjects(missing)] }
}
