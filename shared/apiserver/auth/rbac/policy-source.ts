// The policy as of now, without reading it for every request: kept in memory, brought up to date from the change logs of
// its four types when this process has written one of them, or when the last look is longer ago than `policyRecheckMs`.
import { type KubeObject, keyText, type ResourceType, typeText } from '../../../api/kube-object.ts'
import type { Clock } from '../../../ports/clock.ts'
import type { Change, ObjectStore } from '../../../ports/object-store.ts'
import { compilePolicy, type Policy, type PolicyObjects, type PolicyPart, policyTypes } from './policy.ts'

export interface PolicySource {
  /** What holds now: every write of this process is in it, those of others after at most `policyRecheckMs`. */
  current(): Promise<Policy>
  /** The stored objects `current` was made of. */
  objects(): Promise<PolicyObjects>
  /** This process wrote an object of this type. */
  written(type: ResourceType): void
}

/** How long what another instance changed may go unseen. */
export const policyRecheckMs = 2_000

const pageSize = 500

interface Tail {
  readonly type: ResourceType
  readonly objects: Map<string, KubeObject>
  /** 0 before the first look. */
  revision: number
}

/** Nothing is read before the first question. Reads throw TransientError when the store is away: then nobody gets in. */
export function createPolicySource(options: { store: ObjectStore; clock: Pick<Clock, 'now'> }): PolicySource {
  const { store, clock } = options
  const parts = Object.keys(policyTypes) as PolicyPart[]
  const tails = parts.map((part): Tail => ({ type: policyTypes[part], objects: new Map(), revision: 0 }))
  const types = new Set(tails.map(({ type }) => typeText(type)))
  let writes = 0
  let seen = { writes: -1, at: Number.NEGATIVE_INFINITY }
  let compiled: { policy: Policy; objects: PolicyObjects } | undefined
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    const started = { writes, at: clock.now() }
    const changed = await Promise.all(tails.map(advance))
    if (!compiled || changed.includes(true)) {
      const objects = Object.fromEntries(
        parts.map((part, index) => [part, [...(tails[index]?.objects.values() ?? [])]]),
      ) as unknown as PolicyObjects
      compiled = { policy: compilePolicy(objects), objects }
    }
    seen = started
  }

  /** Brings one type up to date; says whether anything was different. */
  async function advance(tail: Tail): Promise<boolean> {
    if (tail.revision === 0) return await reload(tail)
    let moved = false
    for (;;) {
      const page = await store.changes(tail.type, tail.revision, pageSize)
      if (page.kind === 'expired') return await reload(tail)
      take(tail, page.changes)
      moved ||= page.changes.length > 0
      tail.revision = Math.max(tail.revision, page.revision)
      if (page.changes.length < pageSize) return moved
    }
  }

  function take({ objects }: Tail, changes: readonly Change[]): void {
    for (const { type, key, object } of changes) {
      if (type === 'DELETED') objects.delete(keyText(key))
      else objects.set(keyText(key), object)
    }
  }

  async function reload(tail: Tail): Promise<boolean> {
    const { items, revision } = await store.list(tail.type)
    tail.objects.clear()
    for (const { key, object } of items) tail.objects.set(keyText(key), object)
    tail.revision = revision
    return true
  }

  /** A look that began before a write may have missed it: look until one began after. */
  async function fresh(): Promise<{ policy: Policy; objects: PolicyObjects }> {
    const needed = writes
    const asked = clock.now()
    const isStale = () => asked - seen.at >= policyRecheckMs
    while (!compiled || seen.writes < needed || isStale()) {
      looking ??= look().finally(() => {
        looking = undefined
      })
      await looking
    }
    return compiled
  }

  return {
    current: async () => (await fresh()).policy,
    objects: async () => (await fresh()).objects,
    written: (type) => {
      if (types.has(typeText(type))) writes += 1
    },
  }
}
