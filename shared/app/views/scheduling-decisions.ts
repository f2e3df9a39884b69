// (Cluster)SchedulingDecisions: why each cluster was picked or not, now and at earlier decisions. Lists hold the latest of
// every placement; an earlier one is read by its name.
import { decisionsKept, hublessGroup, hublessVersion, type SchedulingDecision } from '../../api/decision.ts'
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import type { PlacementKey } from '../../api/message.ts'
import { snapshotKeys } from '../../domain/placement/snapshot-names.ts'
import { placementLocation } from '../fleet-lists.ts'
import {
  placementKeys,
  recordRevision,
  renderEach,
  type Scope,
  scopedKind,
  shown,
  type View,
  type ViewNeeds,
} from './view.ts'

/** Stands between a placement's name and a number: no placement's name may hold it, so names cannot collide. */
const separator = ':'

/** The view of the decisions of a scope. The latest has the name of its placement, earlier ones `NAME:NUMBER`. */
export function schedulingDecisions(needs: ViewNeeds, scope: Scope): View {
  const latestNumber = async (key: PlacementKey) => (await needs.placements.readHeader(key))?.value.decided?.number ?? 0
  const latest = async (key: PlacementKey) => {
    const decision = await needs.placements.decision(key, await latestNumber(key))
    return decision ? [decisionObject(placementLocation(key).key, scope, decision, decision.number)] : []
  }
  return {
    async get({ namespace, name }) {
      const [placement = '', number] = name.split(separator)
      const key = namespace === undefined ? placement : `${namespace}/${placement}`
      if (number === undefined) return (await latest(key))[0]
      if (!/^[1-9]\d*$/.test(number)) return undefined
      const [newest, decision] = await Promise.all([latestNumber(key), needs.placements.decision(key, Number(number))])
      return (
        decision && decisionObject({ ...(namespace !== undefined && { namespace }), name }, scope, decision, newest)
      )
    },
    list: async (namespace) => renderEach(await placementKeys(needs, scope, namespace), latest),
    revision: () => recordRevision(needs),
  }
}

/** `newest` is the number of the placement's latest decision: those too far behind it are gone. */
function decisionObject(key: ObjectKey, scope: Scope, decision: SchedulingDecision, newest: number): KubeObject {
  const [placement = ''] = key.name.split(separator)
  const picked = decision.clusters.filter(({ selected }) => selected).length
  const oldest = Math.max(1, newest - decisionsKept + 1)
  const earlier = Array.from(
    { length: Math.max(0, decision.number - oldest) },
    (_, at) => `${placement}${separator}${decision.number - 1 - at}`,
  )
  return shown(
    {
      apiVersion: `${hublessGroup}/${hublessVersion}`,
      kind: scopedKind(scope, 'SchedulingDecision'),
      metadata: {
        ...key,
        creationTimestamp: decision.decidedAt,
        labels: { [snapshotKeys.parent]: placement },
      },
      placement,
      ...decision,
      picked,
      notPicked: decision.clusters.length - picked,
      ...(earlier.length > 0 && { earlier }),
    },
    placement,
  )
}
