// Which plugins run, stage by stage, in order. A new plugin is one line here per stage it takes part in.
import type { MemberCluster } from '../../api/member-cluster.ts'
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

/** Plugins whose answers depend on nothing a cycle changes: only on the fleet, the policy and the time. */
export interface StablePlugins {
  readonly affinity: Plugin
  readonly eligible: Plugin
  readonly namespace: Plugin
  readonly taints: Plugin
}

/** Sets the stable plugins up. */
export function stablePlugins(context: CycleContext): StablePlugins {
  return {
    affinity: clusterAffinity(context),
    eligible: clusterEligibility(context),
    namespace: namespaceAffinity(context),
    taints: taintToleration(context),
  }
}

/** Stable plugins that remember their answers, for placements that take many cycles over one fleet. */
export function rememberingPlugins(context: CycleContext): StablePlugins {
  const { affinity, eligible, namespace, taints } = stablePlugins(context)
  return {
    affinity: remembering(affinity),
    eligible: remembering(eligible),
    namespace: remembering(namespace),
    taints: remembering(taints),
  }
}

function remembering(plugin: Plugin): Plugin {
  const { filter, score, preScore } = plugin
  const prepared = preScore && remembered(() => preScore.call(plugin))
  return {
    ...plugin,
    ...(filter && { filter: remembered((cluster: MemberCluster) => filter.call(plugin, cluster)) }),
    ...(score && { score: remembered((cluster: MemberCluster) => score.call(plugin, cluster)) }),
    ...(prepared && { preScore: () => prepared(undefined) }),
  }
}

function remembered<K, V>(ask: (key: K) => V): (key: K) => V {
  const answers = new Map<K, { readonly answer: V }>()
  return (key) => {
    const known = answers.get(key)
    if (known) return known.answer
    const answer = ask(key)
    answers.set(key, { answer })
    return answer
  }
}

/** The profile every placement is scheduled with, set up for one cycle. */
export function defaultProfile(context: CycleContext, stable: StablePlugins = stablePlugins(context)): Profile {
  const { affinity, eligible, namespace, taints } = stable
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
