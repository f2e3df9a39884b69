import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import { isOnlyOurs, ownFieldsHandover } from '../../../../shared/domain/work/own-fields.ts'

type Entry = Record<string, unknown>
const entry = (manager: string, operation: 'Apply' | 'Update', fieldsV1: unknown, more: Entry = {}): Entry => ({
  manager,
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...more,
})
const live = (...managedFields: Entry[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', resourceVersion: '7', managedFields },
})
const data = (...keys: string[]) => ({ 'f:data': Object.fromEntries(keys.map((key) => [`f:${key}`, {}])) })

test('what the hub created, patched and applied becomes one applied set; others stay as they are', () => {
  const theirs = entry('somebody', 'Update', data('c'))
  const status = entry('work-api-agent', 'Update', { 'f:status': {} }, { subresource: 'status' })
  const given = live(
    theirs,
    entry('hubless', 'Update', { ...data('a'), 'f:metadata': { 'f:labels': {} } }),
    entry('hubless', 'Apply', data('a', 'b')),
    entry('work-api-agent', 'Update', data('d')),
    status,
  )
  assert.deepEqual(ownFieldsHandover(given), {
    metadata: {
      resourceVersion: '7',
      managedFields: [
        theirs,
        status,
        entry('hubless', 'Apply', { ...data('a', 'b', 'd'), 'f:metadata': { 'f:labels': {} } }),
      ],
    },
  })
})

test('there is nothing to hand over where the hub only applied, or wrote nothing', () => {
  assert.equal(
    ownFieldsHandover(live(entry('hubless', 'Apply', data('a')), entry('somebody', 'Update', {}))),
    undefined,
  )
  assert.equal(ownFieldsHandover(live()), undefined)
})

test('forcing takes nothing from anyone when all others but status writers are our own past', () => {
  const status = entry('kube-controller-manager', 'Update', { 'f:status': {} }, { subresource: 'status' })
  assert.ok(
    isOnlyOurs(live(entry('before-first-apply', 'Update', data('a')), entry('work-api-agent', 'Apply', {}), status)),
  )
  assert.ok(!isOnlyOurs(live(entry('kube-controller-manager', 'Update', {}, { subresource: 'scale' }))))
})
