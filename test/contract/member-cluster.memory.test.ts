// The in-memory member keeps the MemberCluster contract.
import assert from 'node:assert/strict'
import { memoryMember } from '../../shared/adapters/memory/member-cluster.ts'
import { memberClusterContract } from './member-cluster.contract.ts'

memberClusterContract('in memory', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z')
  let uid = 0
  const member = memoryMember({
    clock: {
      now: () => {
        now += 1_000
        return now
      },
      sleep: async () => undefined,
    },
    ids: {
      uuid: () => {
        uid += 1
        return `00000000-0000-4000-8000-${String(uid).padStart(12, '0')}`
      },
      suffix: (length) => 'b'.repeat(length),
    },
  })
  return {
    member,
    put: async (object) => member.put(object),
    eventually: async (check) => {
      member.collect()
      assert.ok(await check(), 'it has not come about')
    },
    close: async () => undefined,
  }
})
