// Names of a work: where it is found in the hub's API and what its owner object on the member is called.
import type { PlacementKey } from '../../api/message.ts'

/** `<placement>`, or `<namespace>.<placement>` for a ResourcePlacement. KubeFleet's scheme. */
export function workBase(placement: PlacementKey): string {
  return placement.replace('/', '.')
}

/** Name of the work of a placement's main snapshot, and of the AppliedWork on the member. */
export function workName(placement: PlacementKey): string {
  return `${workBase(placement)}-work`
}

/** Namespace in which the hub shows the works of a cluster. */
export function memberNamespace(cluster: string): string {
  return `fleet-member-${cluster}`
}
