// A simulated member, reached as real ones are, keeps the MemberCluster contract.
import { setTimeout as delay } from 'node:timers/promises'
import { startMembers } from '../../infra/local/clusters/index.ts'
import { kubeMemberClusters } from '../../shared/adapters/kube/member-clusters.ts'
import { systemClock } from '../../shared/adapters/memory/system.ts'
import { memberClusterContract } from './member-cluster.contract.ts'

memberClusterContract('simulated, over HTTP', async () => {
  const platform = await startMembers({ names: ['member-1'], readyMs: 10 })
  const kubeconfig = platform.members[0]?.kubeconfig ?? ''
  const members = kubeMemberClusters({ clock: systemClock })
  const { clusters, users } = JSON.parse(kubeconfig)
  const headers = { authorization: `Bearer ${users[0].user.token}`, 'content-type': 'application/json' }
  return {
    member: await members.connect('member-1', kubeconfig),
    put: async (object) => {
      const { namespace, name } = object.metadata
      const group = object.apiVersion.includes('/') ? `apis/${object.apiVersion}` : `api/${object.apiVersion}`
      const base = `${clusters[0].cluster.server}/${group}/namespaces/${namespace}/${object.kind.toLowerCase()}s`
      const send = (method: string, url: string) =>
        fetch(`${url}?fieldManager=somebody`, { method, headers, body: JSON.stringify(object) })
      const replaced = await send('PUT', `${base}/${name}`)
      const answer = replaced.ok ? replaced : await send('POST', base)
      if (!answer.ok) throw new Error(await answer.text())
      await answer.body?.cancel()
    },
    eventually: async (check) => {
      const deadline = Date.now() + 10_000
      while (!(await check())) {
        if (Date.now() > deadline) throw new Error('it has not come about in 10 s')
        await delay(20)
      }
    },
    close: async () => {
      members.close()
      await platform.close()
    },
  }
})
