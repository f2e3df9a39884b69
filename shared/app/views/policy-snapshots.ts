// (Cluster)SchedulingPolicySnapshots: a placement's policy at one moment, and the clusters it led to.
import { policySnapshotObject } from '../../domain/placement/snapshot-objects.ts'
import { ownerOf, placementView, type Scope, shown, type View, type ViewNeeds } from './view.ts'

/** The view of the policy snapshots of a scope. */
export function policySnapshots(needs: ViewNeeds, scope: Scope): View {
  return placementView(needs, scope, {
    prefix: (name) => `${name}-`,
    render: async (key) => {
      const header = (await needs.placements.readHeader(key))?.value
      if (!header) return []
      const latest = header.policies.at(-1)
      return header.policies.map((snapshot) => {
        const scheduling = header.scheduling?.policySnapshot === snapshot.name ? header.scheduling : undefined
        const object = policySnapshotObject(ownerOf(header), snapshot, snapshot === latest, scheduling)
        return shown(object, header.uid)
      })
    },
  })
}
