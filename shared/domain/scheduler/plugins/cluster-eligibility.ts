// Clusters that left, never joined, lost their heartbeat or have long been unhealthy get nothing new.
import { eligibility, eligibilityFacts } from '../../membership/eligibility.ts'
import type { PluginFactory } from '../plugin.ts'

const name = 'ClusterEligibility'

export const clusterEligibility: PluginFactory = ({ now, limits }) => ({
  name,
  stable: true,
  filter(cluster) {
    const { eligible, reason } = eligibility(cluster, now, limits)
    return eligible ? undefined : { code: 'ClusterUnschedulable', reasons: [reason], plugin: name }
  },
  explain: eligibilityFacts,
})
