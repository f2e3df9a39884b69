// Which plugins run, in order. A new plugin is one file under plugins/ and one line here.
import type { MemberCluster } from '../../api/member-cluster.ts'
import type { CycleContext, Plugin, PluginFactory } from './plugin.ts'
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

/** KubeFleet's rules, one line each. The order matters: the first filter that refuses gives the reason. */
export const schedulingRules: readonly PluginFactory[] = [
  clusterAffinity,
  clusterEligibility,
  namespaceAffinity,
  taintToleration,
  samePlacementAffinity,
  topologySpread,
]

/** Plugins set up already, by what made them. */
export type KnownPlugins = ReadonlyMap<PluginFactory, Plugin>

/** Stable plugins that remember their answers, for placements that take many cycles over one fleet. */
export function rememberingPlugins(context: CycleContext, rules: readonly PluginFactory[]): KnownPlugins {
  const made = rules.map((rule) => [rule, rule(context)] as const).filter(([, { stable }]) => stable)
  return new Map(made.map(([rule, plugin]) => [rule, remembering(plugin)]))
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

/** The rules set up for one cycle: each plugin takes part in the stages it has. */
export function profileOf(
  context: CycleContext,
  rules: readonly PluginFactory[] = schedulingRules,
  known: KnownPlugins = new Map(),
): Profile {
  const plugins = rules.map((rule) => known.get(rule) ?? rule(context))
  return {
    postBatch: plugins.filter(({ postBatch }) => postBatch),
    preFilter: plugins.filter(({ preFilter }) => preFilter),
    filter: plugins.filter(({ filter }) => filter),
    preScore: plugins.filter(({ preScore }) => preScore),
    score: plugins.filter(({ score }) => score),
  }
}
