// The fleet's own rules at the door of the API: defaults, and what a schema cannot say. Where KubeFleet has webhooks.
import { gvkOf, type KubeObject, type ResourceType } from '../api/kube-object.ts'
import { MemberCluster } from '../api/member-cluster.ts'
import { ClusterResourceOverride, ResourceOverride } from '../api/override.ts'
import { Placement } from '../api/placement.ts'
import type { GuardedUser } from '../domain/guard-rail/request.ts'
import { taintProblems } from '../domain/membership/validate.ts'
import { overrideFinalizer } from '../domain/override/snapshots.ts'
import {
  clusterResourceOverrideProblems,
  overrideCountProblem,
  problemsText,
  resourceOverrideProblems,
} from '../domain/override/validate.ts'
import { withDefaults } from '../domain/placement/defaults.ts'
import type { KindCatalog } from '../domain/placement/kinds.ts'
import { admitPlacement, type KnownKinds } from '../domain/placement/validate.ts'
import { InvalidInputError } from '../errors.ts'
import type { KindIndex } from '../ports/kind-index.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import { types } from './fleet-lists.ts'
import { type DoorSettings, refusal } from './guard-door.ts'
import { placementFinalizers } from './reconcile-placement.ts'
import { catalog } from './select-for-placement.ts'

export interface Admission {
  readonly object: KubeObject
  readonly warnings?: readonly string[]
  /** Present, the write is refused to this user. */
  readonly forbidden?: string
}

/** Who writes, and which part of the object. */
export interface Asking {
  readonly user: GuardedUser
  readonly subresource?: string | undefined
}

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE'

interface Needs {
  readonly kinds: KindIndex
  readonly objects: Pick<ObjectStore, 'list' | 'get'>
  readonly door: DoorSettings
}

interface Request {
  readonly object: KubeObject
  readonly old: KubeObject | undefined
}

/**
 * The door: defaults and checks an object about to be stored, reads at most the overrides it must not collide with, and
 * writes nothing. Throws InvalidInputError naming field, value and what is allowed.
 */
export function createAdmission(
  needs: Needs,
): (operation: Operation, object: KubeObject, old: KubeObject | undefined, asking: Asking) => Promise<Admission> {
  return async (operation, object, old, asking) => {
    const forbidden = await refusal(needs, { operation, object, old, asking })
    if (forbidden !== undefined) return { object, forbidden }
    // Whatever is going away must be able to go, however wrong it is.
    if (operation === 'DELETE') return { object }
    const request = { object, old: operation === 'CREATE' ? undefined : old }
    const { group, kind } = gvkOf(object)
    const rule = leaves(object) ? undefined : rules.get(`${group}/${kind}`)
    return { object: rule ? await rule(needs, request) : object }
  }
}

/** A cluster or override that only waits for its finalizers. What a placement wants is still read while it goes. */
function leaves({ kind, metadata }: KubeObject): boolean {
  return Boolean(metadata.deletionTimestamp) && !kind.endsWith('Placement')
}

type Rule = (needs: Needs, request: Request) => Promise<KubeObject> | KubeObject

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['placement.kubernetes-fleet.io/ClusterResourcePlacement', placementRule],
  ['placement.kubernetes-fleet.io/ResourcePlacement', placementRule],
  ['cluster.kubernetes-fleet.io/MemberCluster', clusterRule],
  ['placement.kubernetes-fleet.io/ClusterResourceOverride', clusterOverrideRule],
  ['placement.kubernetes-fleet.io/ResourceOverride', overrideRule],
])

async function placementRule({ kinds }: Needs, { object, old }: Request): Promise<KubeObject> {
  const read = parsed(Placement, object)
  const spec = read.kind === 'ClusterResourcePlacement' ? withDefaults(read.spec) : read.spec
  const before = old && Placement.safeParse(old)
  const label = `${gvkOf(object).version} ${read.kind === 'ClusterResourcePlacement' ? 'CRP' : 'RP'}`
  const decide = async (fresh: boolean) =>
    admitPlacement(
      { old: before?.data, next: { ...read, spec }, label },
      knownKinds(await catalog(kinds, { fresh }), before?.data),
    )
  const first = await decide(false)
  // A kind may have been defined a moment ago, through another instance.
  const { allowed, message } = first.allowed ? first : await decide(true)
  if (!allowed) throw new InvalidInputError(`spec: ${message}`)
  // Put there at birth, the finalizers cost no write of their own, and nothing can slip away before its first look.
  return old ? { ...object, spec } : withFinalizers({ ...object, spec }, placementFinalizers)
}

/** A kind the placement already selects stays good when it is served no more: the placement must remain editable. */
function knownKinds(served: KindCatalog, old: Placement | undefined): KnownKinds {
  const selected = new Set((old?.spec.resourceSelectors ?? []).map(kindKey))
  return {
    find: (kind) =>
      served.find(kind) ??
      (selected.has(kindKey(kind)) ? { namespaced: old?.kind === 'ResourcePlacement' } : undefined),
  }
}

function kindKey({ group, version, kind }: { group: string; version: string; kind: string }): string {
  return `${group}/${version} ${kind}`
}

function clusterRule(_needs: Needs, { object }: Request): KubeObject {
  refuse('spec.taints', taintProblems(parsed(MemberCluster, object).spec.taints))
  return object
}

async function clusterOverrideRule({ objects }: Needs, { object, old }: Request): Promise<KubeObject> {
  const override = parsed(ClusterResourceOverride, object)
  const others = await all(objects, types.clusterResourceOverride, ClusterResourceOverride)
  refuse('spec', [...counted(old, others), ...clusterResourceOverrideProblems(override, others)])
  return old ? object : withFinalizers(object, [overrideFinalizer])
}

async function overrideRule({ objects }: Needs, { object, old }: Request): Promise<KubeObject> {
  const override = parsed(ResourceOverride, object)
  const { namespace } = object.metadata
  const others = await all(objects, types.resourceOverride, ResourceOverride, namespace)
  refuse('spec', [...counted(old, others), ...resourceOverrideProblems(override, others)])
  return old ? object : withFinalizers(object, [overrideFinalizer])
}

function counted(old: KubeObject | undefined, others: readonly unknown[]): string[] {
  const problem = old ? undefined : overrideCountProblem(others.length)
  return problem === undefined ? [] : [problem]
}

/** Read at each write: two overrides of one object have no order between them, so a stale list would let both in. */
async function all<T>(
  objects: Needs['objects'],
  type: ResourceType,
  schema: { parse(value: unknown): T },
  namespace?: string,
): Promise<T[]> {
  const scope = namespace === undefined ? {} : { namespace }
  const found: T[] = []
  let page = await objects.list(type, scope)
  for (;;) {
    found.push(...page.items.map(({ object }) => schema.parse(object)))
    if (page.next === undefined) return found
    page = await objects.list(type, { ...scope, after: page.next })
  }
}

function withFinalizers(object: KubeObject, added: readonly string[]): KubeObject {
  const finalizers = [...new Set([...(object.metadata.finalizers ?? []), ...added])]
  return { ...object, metadata: { ...object.metadata, finalizers } }
}

function refuse(field: string, problems: readonly string[]): void {
  const text = problemsText(problems)
  if (text !== undefined) throw new InvalidInputError(`${field}: ${text}`)
}

interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } }
}

/** What the schema let through but the hub could not read back. */
function parsed<T>(schema: Schema<T>, object: KubeObject): T {
  const result = schema.safeParse(object)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`)
  throw new InvalidInputError(issues.join('; '))
}
