// Which checker judges which kind. Group, version and resource must match exactly.
import type { KubeObject } from '../../api/kube-object.ts'
import { type Availability, BadShape, type Checker } from './checker.ts'
import { customResourceDefinition } from './custom-resource-definition.ts'
import { daemonSet } from './daemon-set.ts'
import { deployment } from './deployment.ts'
import { immediate } from './immediate.ts'
import { podDisruptionBudget } from './pod-disruption-budget.ts'
import { service } from './service.ts'
import { statefulSet } from './stateful-set.ts'

const checkers: ReadonlyMap<string, Checker> = new Map<string, Checker>([
  ...immediate.map((resource): [string, Checker] => [resource, () => 'Available']),
  ['apps/v1/deployments', deployment],
  ['apps/v1/statefulsets', statefulSet],
  ['apps/v1/daemonsets', daemonSet],
  ['/v1/services', service],
  ['apiextensions.k8s.io/v1/customresourcedefinitions', customResourceDefinition],
  ['policy/v1/poddisruptionbudgets', podDisruptionBudget],
])

/** Where a kind is served. */
export interface ResourceId {
  readonly group: string
  readonly version: string
  readonly resource: string
}

/** Whether a live object works. A kind without a checker is `NotTrackable`; an object not of its kind is `Failed`. */
export function availabilityOf(where: ResourceId, object: KubeObject): Availability {
  const checker = checkers.get(`${where.group}/${where.version}/${where.resource}`)
  if (!checker) return 'NotTrackable'
  try {
    return checker(object)
  } catch (error) {
    if (error instanceof BadShape) return 'Failed'
    throw error
  }
}
