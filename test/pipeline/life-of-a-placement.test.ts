// The main job, end to end in one process: joined, placed, changed, moved, repaired, removed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aConfigMap, aDeployment, aNamespace, aPlacement } from '../support/builders.ts'
import { createWorld, type World } from '../support/world.ts'

function condition(status: Awaited<ReturnType<World['status']>>, type: string) {
  return status?.conditions?.find((found) => found.type === `ClusterResourcePlacement${type}`)
}

test('a namespace with its content is placed on every cluster and becomes available', async () => {
  const world = await createWorld()
  await world.run()
  await world.apply(aNamespace('shop'), aConfigMap('shop', 'settings', { colour: 'blue' }), aDeployment('shop', 'web'))
  await world.apply(aPlacement('shop', 'shop'))
  await world.run()

  const status = await world.status('shop')
  assert.equal(condition(status, 'Available')?.status, 'True', JSON.stringify(status, null, 1))
  assert.deepEqual(
    status?.placementStatuses?.map(({ clusterName }) => clusterName),
    ['one', 'three', 'two'],
  )
  for (const name of ['one', 'two', 'three']) {
    assert.deepEqual(world.member(name).find('ConfigMap', 'settings', 'shop')?.['data'], { colour: 'blue' })
    assert.ok(world.member(name).find('Deployment', 'web', 'shop'))
  }
})
