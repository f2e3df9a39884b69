// Which plugins run, stage by stage, in order. A new plugin is one line here per stage it takes part in.
import type { CycleContext, Plugin } from './plugin.ts'
import { clusterAffinity } from './plugins/cluster-affinity.ts'
import { clusterEligibility } from './plugins/cluster-eligibility.ts'
import { namespaceAffinity } from './plugins/namespace-affinity.ts'
import { samePlacementAffinity } from './plugins/same-placement-affinity.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { topologySpread } from './plugins/topology-spread.ts'

/** Plugins by stage. The order matters: the first filter that refuses gives the reason. */
export interface Profile {
  readonly postBatch: readonly Plugin[]
  readonly preFilter: readonly Plugin[]
  readonly filter: readonly Plugin[]
  readonly preScore: readonly Plugin[]
  readonly score: readonly Plugin[]
}

/** The profile every placement is scheduled with, set up for one cycle. */
export function defaultProfile(context: CycleContext): Profile {
  const affinity = clusterAffinity(context)
  const eligible = clusterEligibility(context)
  const namespace = namespaceAffinity(context)
  const taints = taintToleration(context)
  const same = samePlacementAffinity(context)
  const spread = topologySpread(context)
  return {
    postBatch: [spread],
    preFilter: [affinity, namespace, spread],
    filter: [affinity, eligible, namespace, taints, same, spread],
    preScore: [affinity, spread],
    score: [affinity, same, spread],
  }
}
