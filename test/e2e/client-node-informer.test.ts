// @kubernetes/client-node's informer, which knows no bookmarks, across watches that end and a log that forgets.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap } from '@kubernetes/client-node'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { systemClock } from '../../shared/adapters/memory/system.ts'
import { withWriteSignal } from '../../shared/apiserver/write-signal.ts'
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

it('an informer whose version the log forgot lists again, and misses nothing of what happened meanwhile', async () => {
  const store = withWriteSignal(createMemoryObjectStore({ clock: systemClock, keepChanges: 5 }))
  const served = await serveApi({ store, limits: { watchSeconds: 1 } })
  const config = new KubeConfig()
  config.loadFromClusterAndUser({ name: 'hub', server: served.url, skipTLSVerify: true }, { name: 'me' })
  const client = config.makeApiClient(CoreV1Api)
  const namespace = 'default'
  const write = (name: string, part: string) =>
    client.createNamespacedConfigMap({ namespace, body: { metadata: { name, labels: { part } } } })
  const labelSelector = 'part=seen'
  const informer = makeInformer<V1ConfigMap>(
    config,
    `/api/v1/namespaces/${namespace}/configmaps`,
    () => client.listNamespacedConfigMap({ namespace, labelSelector }),
    labelSelector,
  )
  const seen: string[] = []
  const failures: unknown[] = []
  for (const event of ['add', 'update', 'delete'] as const) {
    informer.on(event, (object) => {
      seen.push(`${event} ${object.metadata?.name}`)
    })
  }
  informer.on('error', (error) => {
    failures.push(error)
  })
  let connections = 0
  // Before its third watch in a row without news this client waits a second: more happens in it than the log holds.
  const meanwhile = Promise.withResolvers<void>()
  informer.on('connect', () => {
    connections += 1
    if (connections !== 3) return
    const all = async () => {
      await client.deleteNamespacedConfigMap({ namespace, name: 'goes' })
      await write('comes', 'seen')
      for (let index = 0; index < 12; index += 1) await write(`noise-${index}`, 'unseen')
    }
    all().then(meanwhile.resolve, meanwhile.reject)
  })
  const lists = () =>
    served.requests.filter(({ url, method }) => method === 'GET' && !url.includes('watch=true')).length
  try {
    await write('goes', 'seen')
    await write('stays', 'seen')
    await informer.start()
    await meanwhile.promise
    await until(() => seen.includes('add comes'), 'what came meanwhile')
    await write('later', 'seen')
    await until(() => seen.includes('add later'), 'what came after')
    assert.deepEqual([...seen].sort(), ['add comes', 'add goes', 'add later', 'add stays', 'delete goes'])
    assert.equal(lists(), 2, 'it listed again, once')
    assert.deepEqual(
      informer
        .list(namespace)
        .map((each) => each.metadata?.name)
        .sort(),
      ['comes', 'later', 'stays'],
    )
    assert.ok(
      served.requests.every(({ code }) => code < 400),
      'an old version is told in the stream, where every client looks for it',
    )
    assert.deepEqual([failures, served.errors], [[], []])
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
