// (Cluster)ResourceBindings: the tie between a placement and one cluster, put together from the rows the scheduler, the
// rollout and the cluster's worker keep.
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import type { Observed, Wanted } from '../../api/placement-record.ts'
import { snapshotKeys } from '../../domain/placement/snapshot-names.ts'
import { bindingView } from '../../domain/rollout/binding-view.ts'
import { ConflictError } from '../../errors.ts'
import { placementLocation } from '../fleet-lists.ts'
import { bindingRefusal, changeState, type FoundBinding, takeAway } from './binding-writes.ts'
import {
  fleetApiVersion,
  placementsNamed,
  placementView,
  type Scope,
  scopedKind,
  shown,
  type View,
  type ViewNeeds,
} from './view.ts'

/** KubeFleet's name of the annotation that says what an unscheduled binding was before. */
const previousState = 'kubernetes-fleet.io/previous-binding-state'
/** KubeFleet's finalizers of a binding: of the scheduler, and of whoever makes its works. */
const finalizers = { scheduler: 'kubernetes-fleet.io/scheduler-crb-cleanup', work: 'kubernetes-fleet.io/work-cleanup' }
/** Characters of a placement's name in the names of its bindings. */
const nameLength = 26

/** The view of the bindings of a scope. */
export function bindings(needs: ViewNeeds, scope: Scope): View {
  const { placements } = needs
  const prefix = (name: string) => `${name.slice(0, nameLength).replaceAll('.', '-')}-`
  const view = placementView(needs, scope, {
    prefix,
    render: async (key) => {
      const record = await placements.read(key)
      const observed = new Map(record?.observed.map(({ value }) => [value.cluster, value]))
      return (record?.wanted ?? []).map(({ value }) => bindingObject(key, scope, value, observed.get(value.cluster)))
    },
  })
  const find = async (key: ObjectKey): Promise<FoundBinding | undefined> => {
    for (const placement of await placementsNamed(needs, scope, key, prefix)) {
      const record = await placements.read(placement)
      const row = record?.wanted.find(({ value }) => value.name === key.name)
      if (record && row) return { placement, record, row }
    }
    return undefined
  }
  const render = ({ placement, record, row: { value } }: FoundBinding, wanted = value) => {
    const observed = record.observed.find((row) => row.value.cluster === value.cluster)?.value
    return bindingObject(placement, scope, wanted, observed)
  }
  /** The row that was shown as `old`. Throws ConflictError when it moved on. */
  const shownAs = async (key: ObjectKey, old: KubeObject): Promise<FoundBinding> => {
    const found = await find(key)
    if (!found || render(found).metadata.resourceVersion !== old.metadata.resourceVersion)
      throw new ConflictError(`${key.name} was changed meanwhile`)
    return found
  }
  return {
    ...view,
    write: {
      async refuses(key) {
        const found = await find(key)
        return found && bindingRefusal(found.record.header.value)
      },
      async update(key, object, old) {
        const found = await shownAs(key, old)
        return render(found, await changeState(placements, found, object, old))
      },
      delete: async (key, old) => takeAway(placements, await shownAs(key, old)),
    },
  }
}

function bindingObject(
  placement: PlacementKey,
  scope: Scope,
  wanted: Wanted,
  observed: Observed | undefined,
): KubeObject {
  const { key } = placementLocation(placement)
  const binding = bindingView(wanted, observed)
  const { failedPlacements, driftedPlacements, diffedPlacements, deletionTimestamp } = binding
  const { resourceOverrideSnapshots, clusterResourceOverrideSnapshots, applyStrategy } = binding
  return shown(
    {
      apiVersion: fleetApiVersion,
      kind: scopedKind(scope, 'ResourceBinding'),
      metadata: {
        name: wanted.name,
        ...(key.namespace !== undefined && { namespace: key.namespace }),
        uid: wanted.uid,
        generation: wanted.generation,
        creationTimestamp: wanted.createdAt,
        ...(deletionTimestamp !== undefined && { deletionTimestamp }),
        labels: { [snapshotKeys.parent]: key.name },
        ...(wanted.previousState && { annotations: { [previousState]: wanted.previousState } }),
        finalizers: wanted.payload === '' ? [finalizers.scheduler] : [finalizers.scheduler, finalizers.work],
      },
      spec: {
        state: binding.state,
        targetCluster: binding.targetCluster,
        clusterDecision: binding.clusterDecision,
        schedulingPolicySnapshotName: binding.schedulingPolicySnapshotName,
        resourceSnapshotName: binding.resourceSnapshotName,
        ...(resourceOverrideSnapshots && { resourceOverrideSnapshots }),
        ...(clusterResourceOverrideSnapshots && { clusterResourceOverrideSnapshots }),
        ...(applyStrategy && { applyStrategy }),
      },
      status: {
        conditions: binding.conditions,
        ...(failedPlacements && { failedPlacements }),
        ...(driftedPlacements && { driftedPlacements }),
        ...(diffedPlacements && { diffedPlacements }),
      },
    },
    wanted.uid,
  )
}
