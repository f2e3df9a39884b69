// Writes into aggregating ClusterRoles the rules they gather, for people and tools to read, as the controller of a
// Kubernetes control plane does. Decisions never wait for it: they work the rules out themselves.
import type { KindIndex } from '../../kinds/kind-source.ts'
import type { Call, Server } from '../../resource/call.ts'
import { applyPatchType, patch } from '../../resource/patch.ts'
import { mastersGroup } from './decide.ts'
import { policyTypes } from './policy.ts'
import type { StaleAggregate } from './rbac.ts'

const manager = 'clusterrole-aggregation-controller'
const user = { name: `system:serviceaccount:kube-system:${manager}`, groups: [mastersGroup] }

/** Brings every aggregating role up to date. Cheap when all are: it looks at the policy in memory. */
export async function showAggregates(server: Server, index: KindIndex): Promise<void> {
  for (const stale of (await server.rbac?.staleAggregates()) ?? []) await apply(server, index, stale)
}

async function apply(server: Server, index: KindIndex, { role, rules }: StaleAggregate): Promise<void> {
  const { group, resource } = policyTypes.clusterRoles
  const kind = index.find(group, 'v1', resource)
  if (!kind) return
  const { name = '' } = role.metadata
  const body = { apiVersion: role.apiVersion, kind: role.kind, metadata: { name }, rules: rules.map(withoutEmpty) }
  const call: Call = {
    server,
    kind,
    index,
    user,
    request: new Request('http://hub/', {
      method: 'PATCH',
      headers: { 'content-type': applyPatchType },
      body: JSON.stringify(body),
    }),
    target: {
      group,
      version: 'v1',
      resource,
      namespace: undefined,
      name,
      subresource: undefined,
      verb: 'patch',
      query: new URLSearchParams({ fieldManager: manager, force: 'true' }),
    },
    form: { format: 'json', as: undefined },
    warnings: [],
  }
  await patch(call)
}

function withoutEmpty(rule: StaleAggregate['rules'][number]): object {
  return Object.fromEntries(Object.entries(rule).filter(([, values]) => values.length > 0))
}
