// @kubernetes/client-node's informer, which knows no bookmarks, across watches that end and a log that forgets.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node'
import { serveApi } from '../support/serve-api.ts'

it('an informer sees every change over two ends of its watch', async () => {
  const served = await serveApi({ limits: { watchSeconds: 2 } })
  const config = new KubeConfig()
  // The client takes plain HTTP only with this set.
  config.loadFromClusterAndUser({ name: 'hub', server: served.url, skipTLSVerify: true }, { name: 'me' })
  const client = config.makeApiClient(CoreV1Api)
  const path = '/api/v1/namespaces/default/configmaps'
  const informer = makeInformer<V1ConfigMap>(config, path, () =>
    client.listNamespacedConfigMap({ namespace: 'default' }),
  )
  const seen: string[] = []
  const failures: unknown[] = []
  for (const event of ['add', 'update', 'delete'] as const) {
    informer.on(event, (object) => {
      seen.push(`${event} ${object.metadata?.name}`)
    })
  }
  // The informer stops when a watch ends; its owner starts it again.
  informer.on('error', (error) => {
    failures.push(error)
  })
  const watches = () => served.requests.filter(({ url }) => url.includes('watch=true')).length
  const lists = () =>
    served.requests.filter(({ url, method }) => method === 'GET' && !url.includes('watch=true')).length
  try {
    await informer.start()
    const wanted: string[] = []
    for (const [round, name] of ['a', 'b', 'c'].entries()) {
      await until(() => watches() > round, 'the next watch')
      const body = { metadata: { name }, data: { k: '1' } }
      await client.createNamespacedConfigMap({ namespace: 'default', body })
      await client.replaceNamespacedConfigMap({ namespace: 'default', name, body: { ...body, data: { k: '2' } } })
      await client.deleteNamespacedConfigMap({ namespace: 'default', name })
      wanted.push(`add ${name}`, `update ${name}`, `delete ${name}`)
      await until(() => seen.length >= wanted.length, `the events of ${name}`)
    }
    assert.deepEqual(seen, wanted)
    assert.deepEqual(failures, [])
    assert.equal(lists(), 1, 'a watch that ended is continued, not listed again')
    assert.deepEqual(served.errors, [])
  } finally {
    await informer.stop()
    await served.close()
  }
})

async function until(holds: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 20_000
  while (!holds()) {
    assert.ok(Date.now() < end, `${what} never came`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
