// Which kinds are views: the one list of them.

import { hublessGroup } from '../../api/decision.ts'
import { type ResourceType, typeText } from '../../api/kube-object.ts'
import { bindings } from './bindings.ts'
import { internalMemberClusters } from './internal-member-clusters.ts'
import { policySnapshots } from './policy-snapshots.ts'
import { resourceSnapshots } from './resource-snapshots.ts'
import { schedulingDecisions } from './scheduling-decisions.ts'
import type { View, ViewNeeds } from './view.ts'
import { workDetails } from './work-details.ts'
import { works } from './works.ts'

const placementGroup = 'placement.kubernetes-fleet.io'
const clusterGroup = 'cluster.kubernetes-fleet.io'

/** The view of a type, or undefined for types whose objects are stored. */
export function fleetViews(needs: ViewNeeds): (type: ResourceType) => View | undefined {
  const views = new Map<string, View>([
    [`clusterresourcebindings.${placementGroup}`, bindings(needs, 'cluster')],
    [`resourcebindings.${placementGroup}`, bindings(needs, 'namespaced')],
    [`clusterresourcesnapshots.${placementGroup}`, resourceSnapshots(needs, 'cluster')],
    [`resourcesnapshots.${placementGroup}`, resourceSnapshots(needs, 'namespaced')],
    [`clusterschedulingpolicysnapshots.${placementGroup}`, policySnapshots(needs, 'cluster')],
    [`schedulingpolicysnapshots.${placementGroup}`, policySnapshots(needs, 'namespaced')],
    [`clusterschedulingdecisions.${hublessGroup}`, schedulingDecisions(needs, 'cluster')],
    [`schedulingdecisions.${hublessGroup}`, schedulingDecisions(needs, 'namespaced')],
    [`works.${placementGroup}`, works(needs)],
    [`workdetails.${hublessGroup}`, workDetails(needs)],
    [`internalmemberclusters.${clusterGroup}`, internalMemberClusters(needs)],
  ])
  return (type) => views.get(typeText(type))
}
