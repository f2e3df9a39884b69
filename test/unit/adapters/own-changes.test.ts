import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createOwnChanges } from '../../../shared/adapters/kube/own-changes.ts'

const object = (uid: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', uid, resourceVersion },
})

it('knows its own writes by object and version, for versions of two types may be alike', () => {
  const own = createOwnChanges('hub')
  own.wrote(object('deployment', '7'))
  const seen = (uid: string, version: string) =>
    own.isOwn({ type: 'DELETED', metadata: object(uid, version).metadata } as never)
  assert.equal(seen('deployment', '7'), true)
  assert.equal(seen('configmap', '7'), false, 'somebody else deleted it')
  assert.equal(seen('deployment', '8'), false)
})
