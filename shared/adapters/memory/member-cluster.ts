// Member clusters in memory, for tests of whole pipelines: real semantics where decisions depend on them, no network, no
// time of their own, and a handle on every fault a real member has.

import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import type { MemberProfile } from '../../api/member-cluster.ts'
import { errorMessage, InvalidInputError, TransientError } from '../../errors.ts'
import type { Clock, Ids } from '../../ports/clock.ts'
import {
  type MemberCluster,
  type MemberClusters,
  type MemberRef,
  MemberRefusal,
  type MemberWrite,
} from '../../ports/member-cluster.ts'
import { beginDelete, collectGarbage } from './member/garbage.ts'
import { sameKind } from './member/kinds.ts'
import { createObjects } from './member/objects.ts'
import { controlledStatus } from './member/workload-status.ts'
import { timeText } from './member/write-rules.ts'

/** What was called: a method of the port, writes by their verb. */
export type MemberVerb =
  | 'resolve'
  | 'get'
  | 'create'
  | 'update'
  | 'apply'
  | 'patch'
  | 'delete'
  | 'list'
  | 'watch'
  | 'probe'

/** One call the hub made. `dryRun` writes count under `dryRuns` too. */
export interface MemberCallRecord {
  readonly verb: MemberVerb
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
  readonly dryRun: boolean
}

/** A member whose inside a test can see and change. */
export interface MemoryMember extends MemberCluster {
  /** Objects as they are now; copies. Sorted by kind, namespace, name. */
  list(kind?: string): readonly KubeObject[]
  find(kind: string, name: string, namespace?: string): KubeObject | undefined
  /** A write by somebody else on the member (field manager `somebody`): creates or replaces. Its status is kept as given. */
  put(object: KubeObject): KubeObject
  /** A delete by somebody else. */
  remove(kind: string, name: string, namespace?: string): void
  /** Brings every workload to its final status; needed with `workloads: 'on settle'`. Returns how many changed. */
  settle(): number
  /** Collects garbage and ends namespaces; needed with `garbage: 'on collect'`. Returns how many objects went. */
  collect(): number
  /** The next call that `matches` (default any) throws this instead of being carried out. */
  failNext(error: Error, matches?: (call: MemberCallRecord) => boolean): void
  /** Calls wait from now on until the returned function is called. */
  hang(): () => void
  /** Writes of a kind are refused with these words, until called without a message. */
  refuse(kind: string, message?: string, code?: number): void
  /** Every call throws TransientError until `comeBack`. */
  goDown(): void
  comeBack(): void
  /** Every call throws InvalidInputError until called without a message: wrong credentials. */
  lockOut(message?: string): void
  /** What `probe` answers besides the namespaces, which are the objects'. */
  setProfile(profile: Partial<MemberProfile>): void
  readonly calls: Readonly<Record<MemberVerb | 'dryRuns', number>>
  /** The last 10,000 calls, oldest first. */
  readonly log: readonly MemberCallRecord[]
}

/** How a member comes by time and ids, and what it does by itself. */
export interface MemoryMemberOptions {
  readonly clock: Clock
  readonly ids: Ids
  /** When workloads get their status: with the write (default), or when the test says so. */
  readonly workloads?: 'at once' | 'on settle'
  /** When owners' and namespaces' contents go: with the delete, or when the test says so (default). */
  readonly garbage?: 'at once' | 'on collect'
}

const maxLog = 10_000
const maxNamespaces = 200
/** A cluster of three machines of 4 cores and 16 GiB. */
const defaultProfile: MemberProfile = {
  version: 'v1.36.3',
  ready: true,
  nodeCount: 3,
  capacity: { cpu: '12', memory: '48Gi', pods: '330' },
  allocatable: { cpu: '12', memory: '48Gi', pods: '330' },
  available: { cpu: '12', memory: '48Gi', pods: '330' },
  namespaces: {},
  namespacesTruncated: false,
}

/** A member with the four namespaces every cluster has. */
export function memoryMember(options: MemoryMemberOptions): MemoryMember {
  const { clock, ids } = options
  const objects = createObjects(clock, ids)
  const now = () => timeText(clock.now())
  const faults = createFaults()
  const calls = {
    ...{ resolve: 0, get: 0, create: 0, update: 0, apply: 0, patch: 0, delete: 0, probe: 0, list: 0, watch: 0 },
    dryRuns: 0,
  }
  /** Owners the hub deleted: what follows from that is its own doing. */
  const deleted = new Set<string>()
  const log: MemberCallRecord[] = []
  let profile = defaultProfile

  const enter = async (verb: MemberVerb, at?: MemberRef, dryRun = false) => {
    const call = { verb, kind: at?.resource.kind ?? '', namespace: at?.namespace, name: at?.name ?? '', dryRun }
    calls[verb] += 1
    if (dryRun) calls.dryRuns += 1
    log.push(call)
    if (log.length > maxLog) log.shift()
    await faults.pass(call)
  }
  const settle = () => {
    const facts = { now: now(), nodes: profile.nodeCount }
    let changed = 0
    for (const entry of objects.all()) {
      const status = controlledStatus(entry.object, facts)
      if (!status) continue
      changed += 1
      objects.amend(entry, (object) => {
        object['status'] = structuredClone(status)
      })
    }
    return changed
  }
  const collect = () => collectGarbage(objects, now())
  const afterChange = () => {
    if (options.workloads !== 'on settle') settle()
    if (options.garbage === 'at once') collect()
  }
  const refOf = (kind: string, name: string, namespace?: string): MemberRef => {
    const resource = objects.kinds().find((candidate) => candidate.kind === kind)
    if (!resource) throw new MemberRefusal(404, 'NotFound', `the member does not serve ${kind}`)
    return { resource, namespace, name }
  }
  const find: MemoryMember['find'] = (kind, name, namespace) =>
    structuredClone(objects.find(refOf(kind, name, namespace))?.object)
  const put = (object: KubeObject): KubeObject => {
    const { metadata } = object
    const kind = objects.kinds().find((candidate) => sameKind(candidate, gvkOf(object)))
    if (!kind) throw new MemberRefusal(404, 'NotFound', `the member does not serve ${object.apiVersion} ${object.kind}`)
    const ref = { resource: kind, namespace: metadata.namespace, name: metadata.name ?? '' }
    const write: MemberWrite = { verb: objects.find(ref) ? 'update' : 'create', object }
    const written = objects.write(ref, write, { dryRun: false, manager: 'somebody' })
    const entry = objects.find(ref)
    if (entry && object['status'] !== undefined)
      objects.amend(entry, (kept) => {
        kept['status'] = structuredClone(object['status'])
      })
    else afterChange()
    return structuredClone(entry?.object ?? written)
  }

  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease'])
    put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })

  return {
    resolve: async (gvk) => {
      await enter('resolve')
      const found = objects.kinds().find((candidate) => sameKind(candidate, gvk))
      if (!found) return undefined
      const { group, version, kind, resource, namespaced } = found
      return { group, version, kind, resource, namespaced }
    },
    get: async (ref) => {
      await enter('get', ref)
      const served = objects.kinds().some((kind) => sameKind(kind, ref.resource))
      return served ? structuredClone(objects.find(ref)?.object) : undefined
    },
    write: async (ref, write, { dryRun = false } = {}) => {
      await enter(write.verb, ref, dryRun)
      const answer = objects.write(ref, write, { dryRun, manager: 'hubless' })
      if (!dryRun) afterChange()
      return answer
    },
    delete: async (ref, { uid, propagation }) => {
      await enter('delete', ref)
      const served = objects.kinds().some((kind) => sameKind(kind, ref.resource))
      const entry = served ? objects.find(ref) : undefined
      if (!entry || (uid !== undefined && entry.object.metadata.uid !== uid)) return
      if (uid !== undefined) deleted.add(uid)
      beginDelete(objects, entry, propagation, now())
      afterChange()
    },
    listMetadata: async (resource, { namespace } = {}) => {
      await enter('list', { resource, namespace, name: '' })
      return objects
        .all()
        .filter(
          ({ kind, object }) => sameKind(kind, resource) && namespace === (namespace && object.metadata.namespace),
        )
        .map(({ object }) => structuredClone(object.metadata))
    },
    // Time stands still here, so a look is over once it has told what there was to tell.
    watch: async (resource, { from }, hear) => {
      await enter('watch', { resource, name: '' })
      const start = from === undefined ? objects.revision() : Number(from)
      for (const { kind, manager, change } of objects.changes(start)) {
        const follows = change.metadata.ownerReferences?.some(({ uid }) => deleted.has(uid)) ?? false
        if (sameKind(kind, resource) && manager !== 'hubless' && !follows) hear(structuredClone(change))
      }
      return { resourceVersion: String(objects.revision()), lost: from === undefined }
    },
    probe: async () => {
      await enter('probe')
      const names = objects
        .all()
        .filter(({ kind, object }) => kind.kind === 'Namespace' && !object.metadata.deletionTimestamp)
      const owners = names.map(({ object }): [string, string] => [object.metadata.name ?? '', ownerOf(object)]).sort()
      return {
        ...structuredClone(profile),
        namespaces: Object.fromEntries(owners.slice(0, maxNamespaces)),
        namespacesTruncated: owners.length > maxNamespaces,
      }
    },
    list: (kind) =>
      objects
        .all()
        .filter((entry) => kind === undefined || entry.kind.kind === kind)
        .map(({ object }) => structuredClone(object))
        .sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1)),
    find,
    put,
    remove: (kind, name, namespace) => {
      const entry = objects.find(refOf(kind, name, namespace))
      if (entry) beginDelete(objects, entry, 'Background', now())
      afterChange()
    },
    settle,
    collect,
    ...faults.hooks,
    setProfile: (more) => {
      profile = { ...profile, ...more }
    },
    calls,
    log,
  }
}

const sortKey = ({ kind, metadata }: KubeObject) => [kind, metadata.namespace ?? '', metadata.name ?? ''].join('\0')

function ownerOf({ metadata }: KubeObject): string {
  return metadata.ownerReferences?.find(({ kind }) => kind === 'AppliedWork')?.name ?? ''
}

type FaultHooks = Pick<MemoryMember, 'failNext' | 'hang' | 'refuse' | 'goDown' | 'comeBack' | 'lockOut'>

function createFaults(): { hooks: FaultHooks; pass(call: MemberCallRecord): Promise<void> } {
  const failures: { error: Error; matches: (call: MemberCallRecord) => boolean }[] = []
  const refusals = new Map<string, MemberRefusal>()
  let down = false
  let lockedOut: string | undefined
  let gate: Promise<void> | undefined
  const isWrite = ({ verb }: MemberCallRecord) => ['create', 'update', 'apply', 'patch'].includes(verb)
  return {
    hooks: {
      failNext: (error, matches = () => true) => void failures.push({ error, matches }),
      hang: () => {
        const { promise, resolve } = Promise.withResolvers<void>()
        gate = promise
        return () => {
          if (gate === promise) gate = undefined
          resolve()
        }
      },
      refuse: (kind, message, code = 422) => {
        if (message === undefined) refusals.delete(kind)
        else refusals.set(kind, new MemberRefusal(code, code === 403 ? 'Forbidden' : 'Invalid', message))
      },
      goDown: () => {
        down = true
      },
      comeBack: () => {
        down = false
      },
      lockOut: (message) => {
        lockedOut = message
      },
    },
    pass: async (call) => {
      if (gate) await gate
      if (down) throw new TransientError('the member cannot be reached: connection refused')
      if (lockedOut !== undefined) throw new InvalidInputError(lockedOut)
      const failing = failures.findIndex(({ matches }) => matches(call))
      const [failure] = failing < 0 ? [] : failures.splice(failing, 1)
      if (failure) throw failure.error
      const refusal = isWrite(call) ? refusals.get(call.kind) : undefined
      if (refusal) throw new MemberRefusal(refusal.code, refusal.reason, errorMessage(refusal))
    },
  }
}

/** Members by name. */
export interface MemoryMembers extends MemberClusters {
  /** The member of that name; made on first use. */
  member(cluster: string): MemoryMember
  readonly members: ReadonlyMap<string, MemoryMember>
}

/** `connect` reaches the member of that name whatever the kubeconfig says, as long as it says something. */
export function memoryMembers(options: MemoryMemberOptions): MemoryMembers {
  const members = new Map<string, MemoryMember>()
  const member = (cluster: string): MemoryMember => {
    const known = members.get(cluster) ?? memoryMember(options)
    members.set(cluster, known)
    return known
  }
  return {
    members,
    member,
    connect: async (cluster, kubeconfig) => {
      if (kubeconfig.trim() === '')
        throw new InvalidInputError(
          `Secret \`${cluster}-kubeconfig\` in \`fleet-system\`, key \`value\`: is empty; it must hold a kubeconfig`,
        )
      return member(cluster)
    },
  }
}
