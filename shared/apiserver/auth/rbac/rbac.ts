// RBAC for one API server: decisions by the policy in its store, defaults seeded once, nobody giving away more than they
// hold, and aggregated roles shown with the rules they have.
import type { KubeObject, ResourceType } from '../../../api/kube-object.ts'
import type { Clock, Ids } from '../../../ports/clock.ts'
import type { ObjectStore } from '../../../ports/object-store.ts'
import type { Authorize, User } from '../../options.ts'
import { timestamp } from '../../resource/metadata.ts'
import { aggregates } from './aggregate.ts'
import { decide, isMaster, rulesFor, rulesOfRole } from './decide.ts'
import type { Policy, RoleRef } from './policy.ts'
import { createPolicySource } from './policy-source.ts'
import { type PolicyRule, rulesOf } from './rule.ts'
import { seedRoles } from './seed-roles.ts'

/** A ClusterRole whose stored rules are not what it gathers. */
export interface StaleAggregate {
  readonly role: KubeObject
  readonly rules: readonly PolicyRule[]
}

export interface Rbac {
  readonly authorize: Authorize
  rulesFor(
    user: User,
    namespace: string | undefined,
  ): Promise<{ readonly rules: readonly PolicyRule[]; readonly missing: readonly RoleRef[] }>
  /** Undefined when there is no such role. */
  rulesOfRole(role: RoleRef, namespace: string | undefined): Promise<readonly PolicyRule[] | undefined>
  staleAggregates(): Promise<readonly StaleAggregate[]>
  /** Makes sure of the default roles and bindings. */
  seed(): Promise<void>
  written(type: ResourceType): void
}

export function createRbac(options: { store: ObjectStore; clock: Clock; ids: Ids }): Rbac {
  const { store, clock, ids } = options
  const source = createPolicySource({ store, clock })
  return {
    // What needs no policy reads none.
    authorize: async (user, attributes) =>
      isMaster(user) ? { allowed: true } : decide(await source.current(), user, attributes),
    rulesFor: async (user, namespace) => rulesFor(await source.current(), user, namespace),
    rulesOfRole: async (role, namespace) => rulesOfRole(await source.current(), role, namespace),
    staleAggregates: async () => staleAmong((await source.objects()).clusterRoles, await source.current()),
    seed: async () => await seedRoles(store, await source.objects(), { uid: ids.uuid, now: timestamp(clock.now()) }),
    written: source.written,
  }
}

function staleAmong(roles: readonly KubeObject[], { clusterRoles }: Policy): StaleAggregate[] {
  return roles.filter(aggregates).flatMap((role) => {
    const rules = clusterRoles.get(role.metadata.name ?? '') ?? []
    return JSON.stringify(rules) === JSON.stringify(rulesOf(role)) ? [] : [{ role, rules }]
  })
}
