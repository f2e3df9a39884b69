// Kinds that are asked, not stored: who am I, may I, may they, whose token is this.
import { z } from 'zod'
import type { Json, JsonObject } from '../../api/json.ts'
import { apiVersionOf } from '../../api/kube-object.ts'
import { decodeObject } from '../http/body.ts'
import { badRequest, methodNotAllowed } from '../http/status-error.ts'
import type { Attributes, User } from '../options.ts'
import type { Call } from './call.ts'

const text = z.string().optional()
const ResourceAttributes = z.looseObject({
  namespace: text,
  verb: text,
  group: text,
  version: text,
  resource: text,
  subresource: text,
  name: text,
})
const AccessSpec = z.looseObject({
  resourceAttributes: ResourceAttributes.nullish(),
  nonResourceAttributes: z.looseObject({ path: text, verb: text }).nullish(),
  user: text,
  groups: z.array(z.string()).nullish(),
  uid: text,
})
type AccessSpec = z.infer<typeof AccessSpec>

type Review = (call: Call, spec: JsonObject) => Promise<Json>

const reviews: Readonly<Record<string, Review>> = {
  SelfSubjectAccessReview: (call, spec) => access(call, call.user, accessSpec(spec)),
  SubjectAccessReview: (call, spec) => access(call, subject(accessSpec(spec)), accessSpec(spec)),
  LocalSubjectAccessReview: (call, spec) =>
    access(call, subject(accessSpec(spec)), inNamespace(call, accessSpec(spec))),
  SelfSubjectRulesReview: (call, spec) => rules(call, spec),
  SelfSubjectReview: (call) => Promise.resolve({ userInfo: userInfo(call.user) }),
  TokenReview: (call, spec) => tokenReview(call, spec),
}

/** Answers a create-only kind with its status filled in. Throws StatusError 400 or 405. */
export async function review(call: Call): Promise<JsonObject> {
  const answer = Object.hasOwn(reviews, call.kind.kind) ? reviews[call.kind.kind] : undefined
  if (!answer || call.target.verb !== 'create') throw methodNotAllowed()
  const { value } = await decodeObject(call.request)
  const spec = value['spec'] ?? {}
  if (typeof spec !== 'object' || Array.isArray(spec)) throw badRequest('spec must be an object')
  const status = await answer(call, spec as JsonObject)
  const apiVersion = apiVersionOf(call.kind)
  return { apiVersion, kind: call.kind.kind, metadata: value['metadata'] ?? { creationTimestamp: null }, spec, status }
}

function accessSpec(spec: JsonObject): AccessSpec {
  const parsed = AccessSpec.safeParse(spec)
  if (!parsed.success) throw badRequest(`spec cannot be read: ${parsed.error.issues[0]?.message}`)
  const { resourceAttributes, nonResourceAttributes } = parsed.data
  if (!resourceAttributes === !nonResourceAttributes) {
    throw badRequest('spec must have exactly one of resourceAttributes and nonResourceAttributes')
  }
  return parsed.data
}

function subject({ user, groups, uid }: AccessSpec): User {
  if (!user && !groups?.length) throw badRequest('spec must name a user or groups')
  return { name: user ?? '', groups: groups ?? [], ...(uid !== undefined && { uid }) }
}

function inNamespace(call: Call, spec: AccessSpec): AccessSpec {
  if (spec.resourceAttributes?.namespace !== call.target.namespace) {
    throw badRequest('spec.resourceAttributes.namespace must be the namespace of the request')
  }
  return spec
}

async function access(call: Call, user: User, spec: AccessSpec): Promise<Json> {
  const verdict = await call.server.authorize(user, attributes(spec))
  return { allowed: verdict.allowed, ...(verdict.reason !== undefined && { reason: verdict.reason }) }
}

function attributes({ resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  if (!resourceAttributes) return { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path }
  const { verb, group, version, resource, subresource, namespace, name } = resourceAttributes
  return { verb: verb ?? '', group: group ?? '', version, resource, subresource, namespace, name }
}

/** Everything, or an honest "incomplete": the authorizer answers questions and keeps no lists. */
async function rules(call: Call, spec: JsonObject): Promise<Json> {
  const namespace = typeof spec['namespace'] === 'string' ? spec['namespace'] : undefined
  const every = { verb: '*', group: '*', resource: '*', namespace }
  const all = (await call.server.authorize(call.user, every)).allowed
  return {
    resourceRules: all ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
    nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
    incomplete: !all,
  }
}

function userInfo({ name, uid, groups, extra }: User): Json {
  return { username: name, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) }
}

async function tokenReview(call: Call, spec: JsonObject): Promise<Json> {
  const token = spec['token']
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw badRequest('spec.token must be a token')
  const user = await call.server.authenticate(
    new Request('http://hub/', { headers: { authorization: `Bearer ${token}` } }),
  )
  return user ? { authenticated: true, user: userInfo(user) } : { authenticated: false }
}
