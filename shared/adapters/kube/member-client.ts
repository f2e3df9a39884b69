// The MemberCluster port over a member's own API server.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import { InvalidInputError, TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import {
  type MemberCluster,
  type MemberRef,
  MemberRefusal,
  type MemberResource,
  type MemberWrite,
} from '../../ports/member-cluster.ts'
import { failureOf, kubeObjectOf, objectOf, statusOf } from './answer.ts'
import type { Credentials } from './credentials.ts'
import { createDiscovery } from './discovery.ts'
import type { MemberAnswer, MemberCall, MemberHttp } from './http.ts'
import { createMetadataReader } from './metadata-reader.ts'
import { createOwnChanges } from './own-changes.ts'
import { probeMember } from './probe.ts'

/** Name under which the member records what the hub wrote. */
const fieldManager = 'hubless'

/** What a member client is put together from. */
export interface MemberClientParts {
  readonly http: MemberHttp
  readonly credentials: Credentials
  readonly clock: Clock
  /** Deadline of a whole probe. */
  readonly probeMs: number
}

/** The port over one member; makes no call before a method needs one. */
export function createMemberClient({ http, credentials, clock, probeMs }: MemberClientParts): MemberCluster {
  const send = (call: MemberCall) => http.call(call)
  const failure = (answer: MemberAnswer) => failureOf(answer, credentials, clock.now())
  const toObject = (answer: MemberAnswer) => kubeObjectOf(answer, credentials, clock.now())

  let coreSeen = false
  const fetchList = async (path: string): Promise<unknown | undefined> => {
    const answer = await send({ method: 'GET', path })
    if (answer.code !== 404) {
      const list = objectOf(answer, credentials, clock.now())
      coreSeen ||= path === '/api/v1'
      return list
    }
    // A server that does not know the core group is no API server: its 404 says nothing about the kind.
    if (path === '/api/v1')
      throw new TransientError(
        `${credentials.server.host} does not serve the Kubernetes API under the path of ${credentials.clusterPath}.server`,
      )
    if (!coreSeen) await fetchList('/api/v1')
    return undefined
  }
  const discovery = createDiscovery(clock, fetchList)
  const own = createOwnChanges(fieldManager)
  const metadata = createMetadataReader({ http, credentials, clock, own })

  /** True when a 404 means that the object is not there. */
  const isGone = async (answer: MemberAnswer, { resource }: MemberRef): Promise<boolean> => {
    if (answer.code !== 404) return false
    if (statusOf(answer)?.reason === 'NotFound') return true
    // Not a word about the object: only a kind that is no longer served makes it gone for certain.
    discovery.forget(resource.group, resource.version)
    return (await discovery.resolve(resource))?.resource !== resource.resource
  }

  const get = async (ref: MemberRef): Promise<KubeObject | undefined> => {
    const answer = await send({ method: 'GET', path: objectPath(ref) })
    if (await isGone(answer, ref)) return undefined
    if (answer.code === 404) throw new TransientError(`${credentials.server.host} answered 404 without a reason`)
    return toObject(answer)
  }

  return {
    resolve: discovery.resolve,
    get,
    write: async (ref, write, options = {}) => {
      const answer = await send(writeCall(ref, write, options.dryRun === true))
      if (answer.code === 404 && statusOf(answer) === undefined)
        discovery.forget(ref.resource.group, ref.resource.version)
      const object = toObject(answer)
      if (options.dryRun !== true) own.wrote(object)
      if (ref.resource.resource === 'customresourcedefinitions' && options.dryRun !== true) discovery.expectKinds()
      return object
    },
    delete: async (ref, { uid, propagation }) => {
      const body = JSON.stringify({
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: propagation,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      })
      if (uid !== undefined) own.deleted(uid)
      const answer = await send({ method: 'DELETE', path: objectPath(ref), body })
      if (answer.code >= 200 && answer.code < 300) return
      if (await isGone(answer, ref)) return
      // A conflict over the uid means that ours is gone and a namesake lives on.
      if (answer.code === 409 && uid !== undefined && (await get(ref))?.metadata.uid !== uid) return
      throw failure(answer)
    },
    listMetadata: (resource, { namespace } = {}) => metadata.list(scopePath(resource, namespace)),
    watch: (resource, watch, hear) => metadata.watch(scopePath(resource), watch, hear),
    probe: () => probeMember({ send, credentials, clock, deadlineMs: probeMs }),
  }
}

function writeCall(ref: MemberRef, write: MemberWrite, dryRun: boolean): MemberCall {
  const query: Record<string, string> = { fieldManager }
  if (dryRun) query['dryRun'] = 'All'
  const path = objectPath(ref)
  switch (write.verb) {
    case 'create':
      return { method: 'POST', path: collectionPath(ref), query, body: jsonText(write.object) }
    case 'update':
      return { method: 'PUT', path, query, body: jsonText(write.object) }
    case 'apply': {
      query['force'] = String(write.force)
      // JSON is YAML, and no media type for JSON alone is as old as this one.
      return { method: 'PATCH', path, query, body: jsonText(write.object), contentType: 'application/apply-patch+yaml' }
    }
    case 'patch': {
      const contentType =
        write.type === 'merge' ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json'
      const target = write.subresource === undefined ? path : `${path}/${write.subresource}`
      return { method: 'PATCH', path: target, query, body: jsonText(write.patch), contentType }
    }
  }
}

/** Above what any API server reads (3 MiB); refused here with words rather than there with a closed connection. */
const maxBodyLength = 3 * 1_048_576

function jsonText(value: unknown): string {
  if (!isJsonObject(value)) throw new InvalidInputError('what is written to a member must be an object')
  const text = JSON.stringify(value)
  if (text.length > maxBodyLength)
    throw new MemberRefusal(
      413,
      'RequestEntityTooLarge',
      `the object has ${text.length} characters; an API server reads at most ${maxBodyLength}`,
    )
  return text
}

function collectionPath({ resource, namespace }: MemberRef): string {
  if (resource.namespaced && !namespace)
    throw new InvalidInputError(`${resource.kind} is namespaced, but no namespace is given`)
  return scopePath(resource, namespace)
}

/** All objects of a kind, or those of a namespace. */
function scopePath({ group, version, resource, namespaced }: MemberResource, namespace?: string): string {
  const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const scope = namespaced && namespace ? `/namespaces/${segment(namespace, 'namespace')}` : ''
  return `${base}${scope}/${segment(resource, 'resource')}`
}

function objectPath(ref: MemberRef): string {
  return `${collectionPath(ref)}/${segment(ref.name, 'name')}`
}

/** Kubernetes' own rule for what may stand in a path: nothing that could leave its place. */
function segment(text: string, what: string): string {
  if (text === '' || text === '.' || text === '..' || /[/%]/.test(text))
    throw new InvalidInputError(`${what} "${text.slice(0, 80)}" must not be empty, "." or "..", nor contain "/" or "%"`)
  return encodeURIComponent(text)
}
