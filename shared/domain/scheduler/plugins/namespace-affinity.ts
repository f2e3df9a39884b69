// A namespaced placement goes only where its namespace exists, on clusters that report their namespaces.
import { findCondition } from '../../condition.ts'
import type { PluginFactory } from '../plugin.ts'

const name = 'NamespaceAffinity'
/** Reported by clusters that collect their namespaces; any status of it turns this rule on. */
const collected = 'NamespaceCollectionSucceeded'

export const namespaceAffinity: PluginFactory = ({ namespace }) => ({
  name,
  stable: true,
  preFilter: () =>
    namespace
      ? undefined
      : {
          code: 'Skip',
          reasons: ['cluster-scoped placement does not require namespace affinity filtering'],
          plugin: name,
        },
  filter(cluster) {
    if (!findCondition(cluster.status?.conditions, collected)) return undefined
    const namespaces = cluster.status?.namespaces
    // An empty map is not stored, so it reads back as none.
    if (!namespaces || Object.keys(namespaces).length === 0) {
      return {
        code: 'ClusterUnschedulable',
        reasons: ['cluster has no namespace information available'],
        plugin: name,
      }
    }
    return Object.hasOwn(namespaces, namespace ?? '')
      ? undefined
      : { code: 'ClusterUnschedulable', reasons: ['target namespace does not exist on cluster'], plugin: name }
  },
  explain: ({ status }) => ({
    wanted: `namespace ${namespace}`,
    seen: `${Object.keys(status?.namespaces ?? {}).length} namespaces, not this one`,
  }),
})
