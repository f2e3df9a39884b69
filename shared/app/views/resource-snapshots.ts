// (Cluster)ResourceSnapshots: what a placement selected at one moment. The manifests come from the payload store, where
// they are kept once however many objects show them.
import type { KubeObject } from '../../api/kube-object.ts'
import { resourceSnapshotObjects } from '../../domain/placement/snapshot-objects.ts'
import { ownerOf, placementView, type Scope, shown, type View, type ViewNeeds } from './view.ts'

/** The view of the resource snapshots of a scope. */
export function resourceSnapshots(needs: ViewNeeds, scope: Scope): View {
  return placementView(needs, scope, {
    prefix: (name) => `${name}-`,
    render: async (key) => {
      const header = (await needs.placements.readHeader(key))?.value
      if (!header) return []
      const latest = header.snapshots.at(-1)
      const groups = await Promise.all(
        header.snapshots.map(async (snapshot) => {
          const contents = JSON.parse(await needs.payloads.get(snapshot.payload)) as KubeObject[]
          return resourceSnapshotObjects(ownerOf(header), snapshot, contents, snapshot === latest)
        }),
      )
      return groups.flat().map((object) => shown(object, header.uid))
    },
  })
}
