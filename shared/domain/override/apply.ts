// Applying overrides to one object.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { OverridePolicy, OverrideRule } from '../../api/override.ts'
import { InvalidInputError } from '../../errors.ts'
import { ruleMatchesCluster } from './cluster-match.ts'
import { applyJsonPatch, type PatchOperation } from './json-patch.ts'
import { type ClusterFacts, valueFor } from './variables.ts'

/** An override as far as applying it needs it: its kind and name are for the error text. */
export interface NamedPolicy {
  readonly kind: 'ClusterResourceOverrideSnapshot' | 'ResourceOverrideSnapshot'
  readonly name: string
  readonly policy: OverridePolicy | null | undefined
}

/**
 * The object after all overrides, in the given order; `undefined` when one of them deletes it, which later ones cannot
 * undo. Throws InvalidInputError naming the override, the object and the cause.
 */
export function applyOverrides(
  object: KubeObject,
  overrides: readonly NamedPolicy[],
  cluster: ClusterFacts,
): KubeObject | undefined {
  let current: KubeObject | undefined = object
  for (const override of overrides) {
    try {
      current = applyPolicy(current, override.policy, cluster)
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      const target = overrideTarget(object.kind, object.metadata.name ?? '', object.metadata.namespace ?? '')
      throw new InvalidInputError(`${override.kind} "${override.name}" failed to apply on ${target}: ${error.message}`)
    }
  }
  return current
}

/** The object in words, for errors. */
export function overrideTarget(kind: string, name: string, namespace: string): string {
  return `${kind || 'Unknown'} "${name}"${namespace ? ` in namespace "${namespace}"` : ''}`
}

function applyPolicy(
  object: KubeObject | undefined,
  policy: OverridePolicy | null | undefined,
  cluster: ClusterFacts,
): KubeObject | undefined {
  let current = object
  for (const rule of policy?.overrideRules ?? []) {
    if (!matches(rule, cluster)) continue
    if (rule.overrideType === 'Delete') return undefined
    current = applyRule(current, rule, cluster)
  }
  return current
}

function matches(rule: OverrideRule, cluster: ClusterFacts): boolean {
  try {
    return ruleMatchesCluster(rule, cluster.labels)
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw new InvalidInputError(`invalid cluster label selector: ${error.message}`)
  }
}

/** A rule may fail on its variables even when the object is gone already. */
function applyRule(object: KubeObject | undefined, rule: OverrideRule, cluster: ClusterFacts): KubeObject | undefined {
  const operations = (rule.jsonPatchOverrides ?? []).map(
    ({ op, path, value }): PatchOperation => ({ op, path, value: valueFor(value, cluster) }),
  )
  return object && patched(object, operations)
}

/** The object after a patch. Throws InvalidInputError when it fails or leaves something that is no object. */
export function patched(object: KubeObject, operations: readonly PatchOperation[]): KubeObject {
  const result = applyJsonPatch(object, operations)
  if (!isJsonObject(result) || typeof result['kind'] !== 'string' || !isJsonObject(result['metadata'])) {
    throw new InvalidInputError('what the patch leaves is not a Kubernetes object')
  }
  return result as unknown as KubeObject
}
