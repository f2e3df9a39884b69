// Which kinds and namespaces a placement may carry at all.
import type { GroupVersionKind } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'

interface GroupVersion {
  readonly group: string
  readonly version: string
}
interface GroupKind {
  readonly group: string
  readonly kind: string
}

/** A list of kinds: those that must not be propagated, or (allow list) the only ones that may. */
export interface KindRules {
  readonly allowList: boolean
  readonly groups: readonly string[]
  readonly groupVersions: readonly GroupVersion[]
  readonly groupKinds: readonly GroupKind[]
  readonly kinds: readonly GroupVersionKind[]
}

const placementGroup = 'placement.kubernetes-fleet.io'
const networkingGroup = 'networking.fleet.azure.com'

/** KubeFleet's list of what never propagates, and what the hub itself adds to the API. Envelopes are not on it: they exist to be carried. */
export const defaultKindRules: KindRules = {
  allowList: false,
  groups: ['cluster.kubernetes-fleet.io', 'events.k8s.io', 'coordination.k8s.io', 'metrics.k8s.io', 'hubless.dev'],
  groupVersions: [],
  groupKinds: [
    ...[
      'ClusterResourcePlacement',
      'ResourcePlacement',
      'ClusterResourceBinding',
      'ResourceBinding',
      'ClusterResourceSnapshot',
      'ResourceSnapshot',
      'ClusterSchedulingPolicySnapshot',
      'SchedulingPolicySnapshot',
      'Work',
      'ClusterStagedUpdateRun',
      'ClusterStagedUpdateStrategy',
      'ClusterApprovalRequest',
      'StagedUpdateRun',
      'StagedUpdateStrategy',
      'ApprovalRequest',
      'ClusterResourcePlacementEviction',
      'ClusterResourcePlacementDisruptionBudget',
      'ClusterResourceOverride',
      'ClusterResourceOverrideSnapshot',
      'ResourceOverride',
      'ResourceOverrideSnapshot',
      'ClusterResourcePlacementStatus',
    ].map((kind) => ({ group: placementGroup, kind })),
    ...['ServiceImport', 'TrafficManagerProfile', 'TrafficManagerBackend'].map((kind) => ({
      group: networkingGroup,
      kind,
    })),
  ],
  kinds: [
    { group: '', version: 'v1', kind: 'Pod' },
    { group: '', version: 'v1', kind: 'Node' },
  ],
}

/** Whether objects of a kind may be propagated. */
export function mayPropagateKind(rules: KindRules, { group, version, kind }: GroupVersionKind): boolean {
  const listed =
    rules.groups.includes(group) ||
    rules.groupVersions.some((entry) => entry.group === group && entry.version === version) ||
    rules.groupKinds.some((entry) => entry.group === group && entry.kind === kind) ||
    rules.kinds.some((entry) => entry.group === group && entry.version === version && entry.kind === kind)
  return listed === rules.allowList
}

/**
 * Adds entries to rules from a text such as `apps/v1/Deployment,ReplicaSet;networking.k8s.io;v1/Event`: separated by `;`,
 * each a group, a group and version, or also kinds; a version alone with kinds means the core group.
 * Throws InvalidInputError naming the entry that cannot be read.
 */
export function withKinds(rules: KindRules, text: string): KindRules {
  return text
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .reduce(addEntry, rules)
}

/** An allow list with nothing on it yet. */
export const emptyAllowList: KindRules = { allowList: true, groups: [], groupVersions: [], groupKinds: [], kinds: [] }

function addEntry(rules: KindRules, entry: string): KindRules {
  const parts = entry.split('/').map((part) => part.trim())
  const [first = '', second = '', third = ''] = parts
  if (parts.length > 3 || parts.some((part) => part === '')) return refuse(entry)
  if (parts.length === 1) return { ...rules, groups: [...rules.groups, first] }
  if (parts.length === 3) return addKinds(rules, first, second, third)
  // `v1/Node,Pod` is the core group; `apps/v1` is a group and a version.
  return /^v\d/.test(first)
    ? addKinds(rules, '', first, second)
    : { ...rules, groupVersions: [...rules.groupVersions, { group: first, version: second }] }
}

function addKinds(rules: KindRules, group: string, version: string, kinds: string): KindRules {
  const names = kinds.split(',').map((kind) => kind.trim())
  if (names.some((name) => name === '')) return refuse(`${group}/${version}/${kinds}`)
  return { ...rules, kinds: [...rules.kinds, ...names.map((kind) => ({ group, version, kind }))] }
}

function refuse(entry: string): never {
  throw new InvalidInputError(
    `${JSON.stringify(entry)} names no kinds: expected group, group/version, group/version/Kind,Kind or version/Kind,Kind`,
  )
}

/** Whether a namespace may be propagated with what is in it; `skipped` are further names that may not. */
export function mayPropagateNamespace(name: string, skipped: readonly string[] = []): boolean {
  return !name.startsWith('fleet-') && !name.startsWith('kube-') && name !== 'default' && !skipped.includes(name)
}
