// The adapter over the Kubernetes API keeps the MemberCluster contract on a real API server.
import { setTimeout as delay } from 'node:timers/promises'
import { kubeMemberClusters } from '../../../shared/adapters/kube/member-clusters.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import { memberClusterContract } from '../../contract/member-cluster.contract.ts'
import { startControlPlanes } from '../../support/control-plane.ts'
import { kubectl } from '../../support/kubectl.ts'

const clock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
}

memberClusterContract('a real API server', async () => {
  const planes = await startControlPlanes([{ name: 'member-1', workloads: true }])
  const cluster = planes.cluster('member-1')
  const members = kubeMemberClusters({ clock })
  const somebody = kubectl(cluster.kubeconfigPath)
  return {
    member: await members.connect('member-1', cluster.kubeconfig),
    put: async (object) => {
      const put = (verb: string) => somebody.try([verb, '--field-manager=somebody', '-f', '-'], JSON.stringify(object))
      const results = [await put('replace')]
      if (results[0]?.code !== 0) results.push(await put('create'))
      if (results.at(-1)?.code !== 0) throw new Error(results.map(({ stderr }) => stderr).join('; '))
    },
    eventually: async (check) => {
      const deadline = Date.now() + 30_000
      while (!(await check())) {
        if (Date.now() > deadline) throw new Error('it has not come about in 30 s')
        await delay(50)
      }
    },
    close: async () => {
      members.close()
      await planes.stop()
    },
  }
})
