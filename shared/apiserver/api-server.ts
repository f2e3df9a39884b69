// The Kubernetes API over an object store: a web Request in, a web Response out. It keeps nothing between requests but
// caches that prove themselves fresh, so any number of instances can serve the same store.
import { ConflictError, errorMessage, InvalidInputError, NotFoundError, TransientError } from '../errors.ts'
import { attributesOf, isOpenPath, pathAttributes, requireAccess } from './auth/access.ts'
import { identityOf } from './auth/identity.ts'
import { effectiveUser } from './auth/impersonation.ts'
import { showAggregates } from './auth/rbac/show-aggregates.ts'
import { issuerResponse } from './auth/tokens/issuer-documents.ts'
import { documentResponse } from './discovery/documents.ts'
import { versionDocument } from './discovery/version.ts'
import { negotiate } from './http/negotiate.ts'
import { isAllowedMethod, type ResourceRequest, requestTarget } from './http/request-info.ts'
import { respond, respondStatus, respondText } from './http/respond.ts'
import {
  methodNotAllowed,
  notFound,
  StatusError,
  UnservedPathError,
  unauthorized,
  unknownPath,
} from './http/status-error.ts'
import type { ServedKind } from './kind.ts'
import { crdType, type KindIndex } from './kinds/kind-source.ts'
import { type ApiServerOptions, defaultLimits, type User } from './options.ts'
import { PatchError } from './patch/patch-error.ts'
import { type Call, type Server, typeOf } from './resource/call.ts'
import { create } from './resource/create.ts'
import { deleteCollection, deleteOne } from './resource/delete.ts'
import { timestamp } from './resource/metadata.ts'
import { seedNamespaces } from './resource/namespace-behavior.ts'
import { patch } from './resource/patch.ts'
import { readList, readOne, rendered, renderedList } from './resource/read.ts'
import { review } from './resource/review.ts'
import { scale } from './resource/scale.ts'
import { requestToken, tokenSubresource } from './resource/token-request.ts'
import { update } from './resource/update.ts'
import type { Written } from './resource/written.ts'
import { createChangeTails } from './watch/change-tail.ts'
import { liveViews } from './watch/live-view.ts'
import { watch } from './watch/watch.ts'
import { type SignallingStore, signals, withWriteSignal } from './write-signal.ts'

export interface ApiServer {
  /** Never rejects: whatever goes wrong is a Status. Abort the request's signal to end a watch early. */
  handle(request: Request): Promise<Response>
  /** The store to write through beside this server, so that its watches hear of it at once. */
  readonly store: SignallingStore
}

const defaultVersion = 'v1.36.0'

/** Nothing is read or written before the first request. */
export function createApiServer(options: ApiServerOptions): ApiServer {
  const store = signals(options.store) ? options.store : withWriteSignal(options.store)
  const limits = { ...defaultLimits, ...options.limits }
  const random = options.random ?? Math.random
  const views = options.views && liveViews(options.views, options)
  const server: Server = {
    ...options,
    ...identityOf({ ...options, store }),
    store,
    limits,
    random,
    ...(views && { views }),
  }
  const tails = createChangeTails(server)
  const slots = { open: 0 }
  const version = versionDocument(options.version ?? defaultVersion)
  let seeded: Promise<void> | undefined
  store.onWrite((type) => {
    tails.nudge(type)
    server.rbac?.written(type)
    server.tokens?.written(type)
    if (type.group === crdType.group && type.resource === crdType.resource)
      void server.kinds.refresh().catch(() => undefined)
  })

  return { store, handle: (request) => answered(request, () => route(request)) }

  async function answered(request: Request, work: () => Promise<Response>): Promise<Response> {
    try {
      return await work()
    } catch (error) {
      return refusal(request, error, [])
    }
  }

  function refusal(request: Request, error: unknown, warnings: readonly string[]): Response {
    if (error instanceof UnservedPathError) return respondText('404 page not found\n', 404)
    const status = statusOf(error)
    // A revision from the future is the caller's doing.
    if (status.code >= 500 && status.code !== 504)
      server.log.error('a request failed', { path: new URL(request.url).pathname, error: errorMessage(error) })
    return respondStatus(status, warnings)
  }

  async function route(request: Request): Promise<Response> {
    const target = requestTarget(request.method, new URL(request.url))
    if (target.kind === 'path' && isOpenPath(target.segments)) return openPath(request, target.segments)
    const caller = await server.authenticate(request)
    if (!caller) throw unauthorized()
    await seed()
    const path = `/${target.kind === 'path' ? target.segments.join('/') : ''}`
    const wants = target.kind === 'path' ? pathAttributes(request.method, path) : attributesOf(target.request)
    const user = await effectiveUser(server.authorize, caller, request.headers, wants)
    await requireAccess(server.authorize, user, wants)
    return target.kind === 'path'
      ? await pathResponse(request, target.segments, path)
      : await resourceResponse(request, target.request, user)
  }

  function openPath(request: Request, [first]: readonly string[]): Promise<Response> {
    if (request.method !== 'GET') throw methodNotAllowed()
    return Promise.resolve(first === 'version' ? respond(version, { indented: true }) : respondText('ok'))
  }

  async function pathResponse(request: Request, segments: readonly string[], path: string): Promise<Response> {
    if (request.method !== 'GET') throw methodNotAllowed()
    const issued = server.tokens && (await issuerResponse(server.tokens, path, new URL(request.url)))
    if (issued) return issued
    if (segments.length === 0)
      return await respond({
        paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
      })
    return documentResponse(request, segments, await server.kinds.current())
  }

  async function resourceResponse(request: Request, target: ResourceRequest, user: User): Promise<Response> {
    if (request.method === 'HEAD' || !isAllowedMethod(request.method, target.name)) throw methodNotAllowed()
    const { kind, index } = await servedKind(target)
    const form = negotiate(request.headers.get('accept'))
    const warnings = kind.deprecationWarning === undefined ? [] : [kind.deprecationWarning]
    try {
      return await dispatch({ server, request, target, kind, index, user, form, warnings })
    } catch (error) {
      // What was noticed on the way is worth knowing although the request is refused.
      return refusal(request, error, warnings)
    }
  }

  /** The kind, looking again when it is not known: it may have been defined a moment ago elsewhere. */
  async function servedKind({
    group,
    version,
    resource,
    namespace,
  }: ResourceRequest): Promise<{ kind: ServedKind; index: KindIndex }> {
    let index = await server.kinds.current()
    if (!index.find(group, version, resource)) index = await server.kinds.refresh()
    const kind = index.find(group, version, resource)
    if (!kind || (namespace !== undefined && !kind.namespaced)) {
      const known = index.kinds.some((other) => other.origin === 'builtin' && other.group === group)
      throw known ? unknownPath() : new UnservedPathError()
    }
    return { kind, index }
  }

  /** Once per process; a failure is tried again by the next request. */
  function seed(): Promise<void> {
    seeded ??= seedDefaults(server).catch((error: unknown) => {
      seeded = undefined
      throw error
    })
    return seeded
  }

  /** What a change of a ClusterRole means for roles made of it is there to read once the change is answered. */
  async function dispatch(call: Call): Promise<Response> {
    const response = await handled(call)
    const { kind, target } = call
    const isRead = target.verb === 'get' || target.verb === 'list' || target.verb === 'watch'
    if (!isRead && kind.kind === 'ClusterRole') await showAggregates(server, call.index)
    return response
  }

  async function handled(call: Call): Promise<Response> {
    const { target, kind, warnings, form } = call
    const { format } = form
    if (kind.virtual)
      return await respond(await review(call, (again) => answered(again, () => route(again))), {
        code: 201,
        warnings,
        format,
      })
    if (server.tokens && isTokenRequest(call))
      return await respond(await requestToken(call, server.tokens), { code: 201, warnings, format })
    if (target.subresource === 'scale') return await respond(await scale(call), { warnings, format })
    checkSubresource(call)
    if (kind.namespaced && target.namespace === undefined && target.name !== undefined) throw unknownPath()
    switch (target.verb) {
      case 'watch':
        return watch(call, tails, slots)
      case 'get':
        return await respond(rendered(call, await readOne(call)), { warnings, format })
      case 'list':
        return await respond(await readList(call), { warnings, format })
      case 'create':
        return await respond(rendered(call, await create(call)), { code: 201, warnings, format })
      case 'update':
      case 'patch':
        return await writtenResponse(call, target.verb === 'update' ? update(call) : patch(call))
      case 'delete':
        return await respond(await deleteOne(call), { warnings, format })
      case 'deletecollection': {
        const { items, revision } = await deleteCollection(call)
        return await respond(asJsonList(call, items, revision), { warnings, format })
      }
    }
  }
}

async function writtenResponse(call: Call, work: Promise<Written>): Promise<Response> {
  const { object, created } = await work
  const { warnings, form } = call
  return await respond(rendered(call, object), { code: created ? 201 : 200, warnings, format: form.format })
}

async function seedDefaults(server: Server): Promise<void> {
  const { store, clock, ids, rbac } = server
  await Promise.all([seedNamespaces(store, { uid: ids.uuid, now: timestamp(clock.now()) }), rbac?.seed()])
  await showAggregates(server, await server.kinds.current())
}

function isTokenRequest({ kind, target }: Call): boolean {
  return kind.group === '' && kind.plural === 'serviceaccounts' && target.subresource === tokenSubresource
}

function asJsonList(call: Call, items: Awaited<ReturnType<typeof deleteCollection>>['items'], revision: number) {
  return renderedList(call, items, { resourceVersion: String(revision) })
}

/** Throws StatusError 404 for a subresource the kind does not have, 405 for a verb it does not take. */
function checkSubresource({ target, kind }: Call): void {
  const { subresource, verb } = target
  if (subresource === undefined) return
  const finalize = subresource === 'finalize' && kind.group === '' && kind.plural === 'namespaces'
  const status = subresource === 'status' && kind.statusSubresource
  if (!finalize && !status) throw kind.origin === 'builtin' ? unknownPath() : notFound(typeOf(kind), target.name ?? '')
  if (finalize && verb !== 'update') throw methodNotAllowed()
  if (verb !== 'get' && verb !== 'update' && verb !== 'patch') throw methodNotAllowed()
}

/** The Status of anything thrown. Errors that are not the caller's tell nothing but that they happened. */
function statusOf(error: unknown): StatusError {
  if (error instanceof StatusError) return error
  if (error instanceof PatchError) return new StatusError(error.code, error.reason, error.message)
  if (error instanceof InvalidInputError) return new StatusError(400, 'BadRequest', error.message)
  if (error instanceof NotFoundError) return new StatusError(404, 'NotFound', error.message)
  if (error instanceof ConflictError) return new StatusError(409, 'Conflict', error.message)
  if (error instanceof TransientError) {
    const retryAfterSeconds = Math.max(1, Math.ceil((error.retryAfterMs ?? 1_000) / 1_000))
    return new StatusError(503, 'ServiceUnavailable', 'the server is currently unable to handle the request', {
      retryAfterSeconds,
    })
  }
  return new StatusError(500, 'InternalError', 'an error on the server has prevented the request from succeeding', {
    retryAfterSeconds: 1,
  })
}
