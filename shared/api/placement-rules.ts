// Rules of placements that a type cannot say. Expressions and messages are part of KubeFleet's API.
import type { KubeRule } from './kube-meta.ts'

/** Of `spec.resourceSelectors`. */
export const selectorRules: readonly KubeRule[] = [
  {
    rule: 'self.all(x, !(has(x.name) && size(x.name) > 0 && has(x.labelSelector)))',
    message: 'name and labelSelector are mutually exclusive in a resource selector',
  },
]

/** Of `spec.policy.tolerations`. */
export const tolerationRules: readonly KubeRule[] = [
  {
    rule: "self.all(x, x.operator != 'Exists' || !has(x.value) || size(x.value) == 0)",
    message: 'value must be empty when operator is Exists',
  },
  {
    rule: "self.all(x, (has(x.key) && size(x.key) > 0) || x.operator == 'Exists')",
    message: 'operator must be Exists when key is empty',
  },
]

/** Of `spec.policy`. */
export const policyRules: readonly KubeRule[] = [
  { rule: '!(self.placementType != oldSelf.placementType)', message: 'placement type is immutable' },
  {
    rule: "self.placementType != 'PickFixed' || (!has(self.affinity) && !has(self.numberOfClusters) && !has(self.topologySpreadConstraints) && !has(self.tolerations))",
    message:
      'affinity, numberOfClusters, topologySpreadConstraints, and tolerations cannot be set when placementType is PickFixed',
  },
  {
    rule: "self.placementType != 'PickAll' || (!has(self.clusterNames) && !has(self.numberOfClusters) && !has(self.topologySpreadConstraints))",
    message:
      'clusterNames, numberOfClusters, and topologySpreadConstraints cannot be set when placementType is PickAll',
  },
  {
    rule: "self.placementType != 'PickN' || (!has(self.clusterNames) && has(self.numberOfClusters))",
    message: 'clusterNames cannot be set and numberOfClusters must be set when placementType is PickN',
  },
]

/** Of `spec.strategy.type`. */
export const typeRules: readonly KubeRule[] = [
  {
    rule: "!(self != 'External' && oldSelf == 'External')",
    message: "cannot change rollout strategy type from 'External' to other types",
  },
]

/** Of `spec.strategy.reportBackStrategy`. */
export const mirrorRules: readonly KubeRule[] = [
  {
    rule: "(self == null) || (self.type == 'Mirror' ? size(self.destination) != 0 : true)",
    message: "when reportBackStrategy.type is 'Mirror', a destination must be specified",
  },
]

const isNamespace = "x.kind == 'Namespace' && x.group == \"\" && x.version == 'v1'"
const inMode = `${isNamespace} && has(x.selectionScope) && x.selectionScope == 'NamespaceWithResourceSelectors'`
const countOf = (condition: string) => `size(self.resourceSelectors.filter(x, ${condition}))`

const policyStays: KubeRule = {
  rule: '!(has(oldSelf.policy) && !has(self.policy))',
  message: 'policy cannot be removed once set',
}
const namespaceModeRules: readonly KubeRule[] = [
  {
    rule: `${countOf(inMode)} <= 1`,
    message: 'only one namespace selector with NamespaceWithResourceSelectors mode is allowed',
  },
  {
    rule: `${countOf(inMode)} == 0 || (${countOf(`${inMode} && has(x.name) && size(x.name) > 0 && !has(x.labelSelector)`)} == 1)`,
    message: 'namespace selector with NamespaceWithResourceSelectors mode must select by name (not by label)',
  },
  {
    rule: `${countOf(inMode)} == 0 || ${countOf(isNamespace)} == 1`,
    message:
      'when using NamespaceWithResourceSelectors mode, only one namespace selector is allowed (cannot mix with other namespace selectors)',
  },
]

/** Of the spec of a ResourcePlacement. */
export const namespacedPlacementRules: readonly KubeRule[] = [policyStays, ...namespaceModeRules]

/** Of the spec of a ClusterResourcePlacement. */
export const clusterPlacementRules: readonly KubeRule[] = [
  policyStays,
  {
    rule: "!(self.statusReportingScope == 'NamespaceAccessible' && size(self.resourceSelectors.filter(x, x.kind == 'Namespace')) != 1)",
    message:
      "when statusReportingScope is NamespaceAccessible, exactly one resourceSelector with kind 'Namespace' is required",
  },
  {
    rule: '!has(oldSelf.statusReportingScope) || self.statusReportingScope == oldSelf.statusReportingScope',
    message: 'statusReportingScope is immutable',
  },
  ...namespaceModeRules,
]
