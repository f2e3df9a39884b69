// POST serviceaccounts/<name>/token: a token that says its bearer is that account.
import { z } from 'zod'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, parseApiVersion, type ResourceType } from '../../api/kube-object.ts'
import type { BoundRef, ServiceAccountTokens } from '../auth/tokens/service-accounts.ts'
import { decodeObject } from '../http/body.ts'
import { badRequest, conflict, invalid, methodNotAllowed, notFound } from '../http/status-error.ts'
import type { FieldError } from '../schema/schema.ts'
import type { Call } from './call.ts'
import { timestamp } from './metadata.ts'
import { requireNamespace } from './namespace-behavior.ts'
import { writeOptions } from './write-options.ts'

export const tokenSubresource = 'token'

const apiVersion = 'authentication.k8s.io/v1'
const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
const accountType: ResourceType = { group: '', resource: 'serviceaccounts' }
const defaultSeconds = 3_600
const shortestSeconds = 600
const longestSeconds = 2 ** 32

const Ref = z.looseObject({
  kind: z.string().default(''),
  apiVersion: z.string().default(''),
  name: z.string().default(''),
  uid: z.string().default(''),
})
type Ref = z.infer<typeof Ref>

const TokenRequest = z.looseObject({
  apiVersion: z.string().nullish(),
  kind: z.string().nullish(),
  metadata: z
    .looseObject({
      name: z.string().nullish(),
      namespace: z.string().nullish(),
      labels: z.record(z.string(), z.string()).nullish(),
      annotations: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  spec: z
    .looseObject({
      audiences: z.array(z.string()).nullish(),
      expirationSeconds: z.number().int().nullish(),
      boundObjectRef: Ref.nullish(),
    })
    .nullish(),
})
type TokenRequest = z.infer<typeof TokenRequest>

/** Answers a TokenRequest. Throws StatusError 400, 404, 405, 409 or 422. */
export async function requestToken(call: Call, tokens: ServiceAccountTokens): Promise<JsonObject> {
  const { target, server } = call
  const { namespace = '', name = '' } = target
  if (target.verb !== 'create') throw methodNotAllowed()
  const asked = await readRequest(call)
  const { manager } = writeOptions(call)
  await requireNamespace(server.store, namespace, { group: '', plural: accountType.resource, name })
  if (asked.metadata?.name && asked.metadata.name !== name) throw otherName(asked.metadata.name, name)
  const account = await found(call, accountType, { namespace, name })
  const expirationSeconds = asked.spec?.expirationSeconds ?? defaultSeconds
  checkLifetime(expirationSeconds)
  const ref = asked.spec?.boundObjectRef
  const bound = ref ? await boundTo(call, ref, name) : {}
  const audiences = asked.spec?.audiences?.length ? asked.spec.audiences : [...tokens.audiences]
  const issuedAt = Math.floor(server.clock.now() / 1_000) * 1_000
  const expiresAt = issuedAt + expirationSeconds * 1_000
  const wish = { namespace, account: refOf(account), ...bound, audiences, issuedAt, expiresAt }
  const { labels, annotations } = asked.metadata ?? {}
  const time = timestamp(issuedAt)
  return {
    kind: kind.kind,
    apiVersion,
    metadata: {
      name,
      namespace,
      uid: account.metadata.uid ?? '',
      creationTimestamp: time,
      ...(labels && { labels }),
      ...(annotations && { annotations }),
      managedFields: [ownerOf(asked, manager, time)],
    },
    spec: { audiences, expirationSeconds, boundObjectRef: ref ? shownRef(ref) : null },
    status: { token: await tokens.issue(wish), expirationTimestamp: timestamp(expiresAt) },
  }
}

async function readRequest(call: Call): Promise<TokenRequest> {
  const { value } = await decodeObject(call.request, kind.kind)
  const parsed = TokenRequest.safeParse(value)
  const cannot = (said: string, why: string, version = 'v1') =>
    badRequest(`${said} in version "${version}" cannot be handled as a TokenRequest: ${why}`)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw cannot(kind.kind, `${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { kind: said = kind.kind, apiVersion: version, metadata } = parsed.data
  if (said && said !== kind.kind) {
    const from = `${parseApiVersion(version ?? '').version}.${said}`
    throw cannot(said, `converting (${from}) to (authentication.TokenRequest): unknown conversion`)
  }
  if (version && version !== apiVersion) {
    const unknown = `no kind "${kind.kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`
    throw cannot(kind.kind, unknown, parseApiVersion(version).version)
  }
  if (metadata?.namespace && metadata.namespace !== call.target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return parsed.data
}

function otherName(said: string, name: string) {
  const message = `Invalid value: ${JSON.stringify(said)}: must match the service account name if specified`
  return invalid(kind, name, [{ field: 'metadata.name', reason: 'FieldValueInvalid', message }])
}

function checkLifetime(seconds: number): void {
  const fault = (rule: string): FieldError => ({
    field: 'spec.expirationSeconds',
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${seconds}: ${rule}`,
  })
  if (seconds < shortestSeconds) throw invalid(kind, '', [fault('may not specify a duration less than 10 minutes')])
  if (seconds > longestSeconds) throw invalid(kind, '', [fault('may not specify a duration larger than 2^32 seconds')])
}

async function found({ server }: Call, type: ResourceType, key: { namespace?: string; name: string }) {
  const stored = await server.store.get(type, key)
  if (!stored) throw notFound(type, key.name)
  return stored.object
}

const bindable: Readonly<Record<string, string>> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }

/** The object a token dies with; a pod's token also says its node. */
async function boundTo(call: Call, ref: Ref, account: string) {
  const resource = ref.apiVersion === 'v1' && Object.hasOwn(bindable, ref.kind) ? bindable[ref.kind] : undefined
  if (resource === undefined) {
    const { group, version } = parseApiVersion(ref.apiVersion)
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${ref.kind}`)
  }
  if (ref.name === '') throw badRequest('Name parameter required.')
  const { namespace = '' } = call.target
  const place = ref.kind === 'Node' ? {} : { namespace }
  const object = await found(call, { group: '', resource }, { ...place, name: ref.name })
  const pod = ref.kind === 'Pod' ? PodSpec.parse(object).spec : undefined
  if (pod && pod.serviceAccountName !== account)
    throw badRequest(
      `cannot bind token for serviceaccount "${account}" to pod running with different serviceaccount name.`,
    )
  if (ref.uid !== '' && ref.uid !== object.metadata.uid) {
    const message = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw conflict({ group: '', resource: ref.kind }, ref.name, message)
  }
  const node = pod?.nodeName
    ? await call.server.store.get({ group: '', resource: 'nodes' }, { name: pod.nodeName })
    : undefined
  return {
    [ref.kind.toLowerCase()]: refOf(object),
    ...(node && { node: refOf(node.object) }),
  } satisfies Partial<Record<string, BoundRef>>
}

const PodSpec = z.looseObject({
  spec: z.looseObject({ serviceAccountName: z.string().default('default'), nodeName: z.string().optional() }),
})

function refOf({ metadata }: KubeObject): BoundRef {
  return { name: metadata.name ?? '', uid: metadata.uid ?? '' }
}

function shownRef({ kind: refKind, apiVersion: refVersion, name, uid }: Ref): JsonObject {
  return { kind: refKind, apiVersion: refVersion, name, ...(uid !== '' && { uid }) }
}

/** The caller owns what it said, and the lifetime it was given. */
function ownerOf({ spec, metadata }: TokenRequest, manager: string, time: string): JsonObject {
  const leaves = (names: readonly string[]) => Object.fromEntries(names.map((name) => [`f:${name}`, {}]))
  const maps = { labels: metadata?.labels, annotations: metadata?.annotations }
  const said = Object.entries(maps).filter(([, map]) => map && Object.keys(map).length > 0)
  const ofMetadata = said.map(([name, map]) => [`f:${name}`, { '.': {}, ...leaves(Object.keys(map ?? {})) }] as const)
  const ref = spec?.boundObjectRef
  const fieldsV1 = {
    ...(ofMetadata.length > 0 && { 'f:metadata': Object.fromEntries(ofMetadata) }),
    'f:spec': {
      ...leaves([...(spec?.audiences ? ['audiences'] : []), 'expirationSeconds']),
      ...(ref && { 'f:boundObjectRef': leaves(Object.keys(shownRef(ref))) }),
    },
  }
  return {
    manager,
    operation: 'Update',
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1,
    subresource: tokenSubresource,
  }
}
