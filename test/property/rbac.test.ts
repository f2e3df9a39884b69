// What must hold of every policy: a rule can only add rights, and the order of things says nothing.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { KubeObject } from '../../shared/api/kube-object.ts'
import { missingRules } from '../../shared/apiserver/auth/rbac/covers.ts'
import { decide } from '../../shared/apiserver/auth/rbac/decide.ts'
import { compilePolicy, type PolicyObjects } from '../../shared/apiserver/auth/rbac/policy.ts'
import { type PolicyRule, ruleAllows } from '../../shared/apiserver/auth/rbac/rule.ts'
import type { Attributes, User } from '../../shared/apiserver/options.ts'

const some = (...values: readonly string[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 })
const verbs = ['get', 'list', 'create', '*'] as const
const groups = ['', 'apps', '*'] as const
const resources = ['pods', 'pods/log', 'deployments', '*/scale', 'deployments/scale', '*'] as const
const names = ['a', 'b'] as const
const urls = ['/metrics', '/logs/*', '/logs/a', '*'] as const

const rule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({
    verbs: some(...verbs),
    apiGroups: some(...groups),
    resources: some(...resources),
    resourceNames: fc.oneof(fc.constant([]), some(...names)),
    nonResourceURLs: fc.constant([]),
  }),
  fc.record({
    verbs: some(...verbs),
    apiGroups: fc.constant([]),
    resources: fc.constant([]),
    resourceNames: fc.constant([]),
    nonResourceURLs: some(...urls),
  }),
)

const attributes: fc.Arbitrary<Attributes> = fc.oneof(
  fc.record({
    verb: fc.constantFrom('get', 'list', 'create', 'delete'),
    group: fc.constantFrom('', 'apps', 'batch'),
    resource: fc.constantFrom('pods', 'deployments', 'jobs'),
    subresource: fc.constantFrom(undefined, 'log', 'scale'),
    namespace: fc.constantFrom(undefined, 'one', 'two'),
    name: fc.constantFrom(undefined, 'a', 'b', 'c'),
  }),
  fc.record({ verb: fc.constantFrom('get', 'post'), path: fc.constantFrom('/metrics', '/logs/a/b', '/other') }),
)

const object = (kind: string, metadata: KubeObject['metadata'], fields: object): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind,
  metadata,
  ...fields,
})

const subject = fc.oneof(
  fc.record({ kind: fc.constant('User'), name: fc.constantFrom('ann', 'bob') }),
  fc.record({ kind: fc.constant('Group'), name: fc.constantFrom('dev', 'ops') }),
  fc.record({
    kind: fc.constant('ServiceAccount'),
    name: fc.constant('bot'),
    namespace: fc.constantFrom('one', 'two'),
  }),
)
const label = fc.constantFrom({}, { into: 'x' }, { into: 'y' })

const policy: fc.Arbitrary<PolicyObjects> = fc
  .record({
    clusterRoles: fc.array(
      fc.record({
        labels: label,
        rules: fc.array(rule, { maxLength: 3 }),
        aggregate: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
      }),
      { maxLength: 4 },
    ),
    roles: fc.array(fc.record({ namespace: fc.constantFrom('one', 'two'), rules: fc.array(rule, { maxLength: 3 }) }), {
      maxLength: 4,
    }),
    bindings: fc.array(
      fc.record({
        namespace: fc.constantFrom(undefined, 'one', 'two'),
        kind: fc.constantFrom('Role', 'ClusterRole'),
        role: fc.nat(4),
        subjects: fc.array(subject, { maxLength: 3 }),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ clusterRoles, roles, bindings }) => {
    const bound = bindings.map(({ namespace, kind, role, subjects }, index) => {
      const metadata = { name: `b${index}`, ...(namespace && { namespace }) }
      const roleRef = { kind: namespace ? kind : 'ClusterRole', name: `r${role}` }
      return object(namespace ? 'RoleBinding' : 'ClusterRoleBinding', metadata, { roleRef, subjects })
    })
    return {
      clusterRoles: clusterRoles.map(({ labels, rules, aggregate }, index) =>
        object(
          'ClusterRole',
          { name: `r${index}`, labels: { ...labels } as Record<string, string> },
          {
            rules,
            ...(aggregate && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { into: aggregate } }] } }),
          },
        ),
      ),
      roles: roles.map(({ namespace, rules }, index) => object('Role', { name: `r${index}`, namespace }, { rules })),
      clusterRoleBindings: bound.filter(({ kind }) => kind === 'ClusterRoleBinding'),
      roleBindings: bound.filter(({ kind }) => kind === 'RoleBinding'),
    }
  })

const user: fc.Arbitrary<User> = fc.record({
  name: fc.constantFrom('ann', 'bob', 'system:serviceaccount:one:bot'),
  groups: some('dev', 'ops'),
})

const allowed = (objects: PolicyObjects, who: User, what: Attributes) =>
  decide(compilePolicy(objects), who, what).allowed

describe('RBAC', () => {
  it('never takes a right away when a rule is added', () => {
    fc.assert(
      fc.property(policy, rule, fc.nat(8), user, attributes, (objects, added, at, who, what) => {
        const before = allowed(objects, who, what)
        const roles = [...objects.clusterRoles, ...objects.roles]
        const target = roles[at % Math.max(1, roles.length)]
        const more = (role: KubeObject) =>
          role === target ? { ...role, rules: [...((role['rules'] as unknown[]) ?? []), added] } : role
        const next = { ...objects, clusterRoles: objects.clusterRoles.map(more), roles: objects.roles.map(more) }
        if (before) assert.equal(allowed(next, who, what), true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('decides the same whatever order roles, bindings and rules come in', () => {
    fc.assert(
      fc.property(policy, user, attributes, (objects, who, what) => {
        const back = (list: readonly KubeObject[]) =>
          [...list].reverse().map((each) => {
            const { rules, subjects } = each as { rules?: unknown[]; subjects?: unknown[] }
            return {
              ...each,
              ...(rules && { rules: [...rules].reverse() }),
              ...(subjects && { subjects: [...subjects].reverse() }),
            }
          })
        const reversed: PolicyObjects = {
          clusterRoles: back(objects.clusterRoles),
          roles: back(objects.roles),
          clusterRoleBindings: back(objects.clusterRoleBindings),
          roleBindings: back(objects.roleBindings),
        }
        const reader = { ...who, groups: [...who.groups].reverse() }
        assert.equal(allowed(reversed, reader, what), allowed(objects, who, what))
      }),
      { numRuns: 300 },
    )
  })

  it('lets nobody grant what they may not do: what is covered is allowed', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), rule, attributes, (held, granted, what) => {
        const grants = missingRules(held, [granted]).length === 0 && ruleAllows(granted, what)
        if (grants) assert.ok(held.some((each) => ruleAllows(each, what)))
      }),
      { numRuns: 20_000 },
    )
  })

  it('always covers itself', () => {
    fc.assert(fc.property(rule, (each) => assert.deepEqual(missingRules([each], [each]), [])))
  })
})
