// Kinds that are asked, not stored: who am I, may I, may they, whose token is this.
import { z } from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject } from '../../api/kube-object.ts'
import { missingText } from '../auth/rbac/decide.ts'
import type { PolicyRule } from '../auth/rbac/rule.ts'
import { decodeObject } from '../http/body.ts'
import { badRequest, invalid, methodNotAllowed, unknownPath } from '../http/status-error.ts'
import type { Attributes, User } from '../options.ts'
import type { FieldError } from '../schema/schema.ts'
import { trackUpdate } from '../ssa/track-update.ts'
import type { Call } from './call.ts'
import { dryRun, type Handle } from './dry-run.ts'
import { timestamp } from './metadata.ts'
import { AccessSpec, accessErrors, metadataErrors, nonResourceError } from './review-errors.ts'
import { objectOfKind, shaped } from './settle.ts'
import { type WriteOptions, writeOptions } from './write-options.ts'

/** What an answer consists of besides apiVersion and kind. */
interface Answer {
  readonly metadata?: JsonObject
  readonly spec?: JsonObject
  readonly status: JsonObject
}

interface Question {
  readonly spec: JsonObject
  /** Of the question, with its owner noted. */
  readonly metadata: JsonObject
}

type Review = (call: Call, question: Question) => Promise<Answer>

const reviews: Readonly<Record<string, Review>> = {
  SelfSubjectAccessReview: async (call, question) => {
    const spec = accessSpec(question, () => metadataErrors(question.metadata))
    return await accessAnswer(call, question, call.user, spec)
  },
  SubjectAccessReview: async (call, question) => {
    const spec = accessSpec(question, (asked) => [...subjectErrors(asked), ...metadataErrors(question.metadata)])
    return await accessAnswer(call, question, subject(spec), spec)
  },
  LocalSubjectAccessReview: async (call, question) => {
    const spec = accessSpec(question, (asked) => [
      ...subjectErrors(asked),
      ...localErrors(call, asked),
      ...metadataErrors(question.metadata, 'namespace'),
    ])
    return await accessAnswer(call, question, subject(spec), spec)
  },
  SelfSubjectRulesReview: async (call, { spec }) => ({ metadata: {}, spec: {}, status: await rules(call, spec) }),
  SelfSubjectReview: (call) =>
    Promise.resolve({
      metadata: { creationTimestamp: timestamp(call.server.clock.now()) },
      status: { userInfo: userInfo(call.user) },
    }),
  TokenReview: async (call, question) => ({ ...question, status: await tokenReview(call, question.spec) }),
}

/** Answers a create-only kind with its status filled in. Throws StatusError 400, 404, 405 or 422. `again` handles a request of the same user. */
export async function review(call: Call, again: Handle): Promise<JsonObject> {
  const { kind, target } = call
  const answer = answerOf(call, again)
  if (!answer || target.name !== undefined || (kind.namespaced && target.namespace === undefined)) throw unknownPath()
  if (target.verb !== 'create') throw methodNotAllowed()
  const { value, duplicates } = await decodeObject(call.request, kind.kind)
  const options = writeOptions(call)
  const asked = placed(call, objectOfKind(call, value).object)
  const { object, errors } = shaped(call, { object: asked, duplicates }, undefined, options)
  // What a question of Kubernetes' own leaves out is empty.
  const faults = errors.filter(({ reason }) => kind.origin !== 'builtin' || reason !== 'FieldValueRequired')
  if (faults.length > 0) throw invalid(kind, '', faults)
  const { metadata, spec } = asJson(withOwner(call, object, options))
  const question = { spec: isJsonObject(spec) ? spec : {}, metadata: isJsonObject(metadata) ? metadata : {} }
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: {}, ...(await answer(call, question)) }
}

/** The server's own questions, then those it was given answers for. */
function answerOf({ kind, server }: Call, again: Handle): Review | undefined {
  if (Object.hasOwn(reviews, kind.kind)) return reviews[kind.kind]
  const given = server.reviews && Object.hasOwn(server.reviews, kind.kind) ? server.reviews[kind.kind] : undefined
  return (
    given &&
    (async (call, { spec, metadata }) => {
      const status = await given({ spec, dryRun: (object) => dryRun(call, again, object) })
      return { metadata, spec, status: isJsonObject(status) ? status : {} }
    })
  )
}

/** In the namespace of the URL, which the body may repeat. */
function placed({ target, kind }: Call, object: KubeObject): KubeObject {
  const { namespace, ...metadata } = object.metadata
  if (kind.namespaced && namespace && namespace !== target.namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return { ...object, metadata: { ...metadata, ...(kind.namespaced && { namespace: target.namespace }) } }
}

function withOwner({ kind, server }: Call, next: KubeObject, { manager }: WriteOptions): KubeObject {
  const now = timestamp(server.clock.now())
  const { schema } = kind
  return trackUpdate({
    schema,
    apiVersion: apiVersionOf(kind),
    now,
    subresource: undefined,
    statusSubresource: false,
    next,
    manager,
  })
}

function accessSpec({ spec }: Question, more: (spec: AccessSpec) => readonly FieldError[]): AccessSpec {
  const parsed = AccessSpec.safeParse(spec)
  if (!parsed.success) throw badRequest(`spec cannot be read: ${parsed.error.issues[0]?.message}`)
  const faults = [...accessErrors(parsed.data), ...more(parsed.data)]
  if (faults.length > 0) throw invalidReview(faults)
  return parsed.data
}

/** The API server names no kind in these. */
const invalidReview = (faults: readonly FieldError[]) =>
  invalid({ group: 'authorization.k8s.io', kind: '' }, '', faults)

function subjectErrors({ user, groups }: AccessSpec): FieldError[] {
  if (user || groups?.length) return []
  const message = 'Invalid value: "": at least one of user or group must be specified'
  return [{ field: 'spec.user', reason: 'FieldValueInvalid', message }]
}

function localErrors({ target }: Call, { resourceAttributes, nonResourceAttributes }: AccessSpec): FieldError[] {
  if (nonResourceAttributes) return [nonResourceError(nonResourceAttributes, 'disallowed on this kind of request')]
  const namespace = resourceAttributes?.namespace ?? ''
  if (!resourceAttributes || namespace === target.namespace) return []
  const message = `Invalid value: ${JSON.stringify(namespace)}: must match metadata.namespace`
  return [{ field: 'spec.resourceAttributes.namespace', reason: 'FieldValueInvalid', message }]
}

function subject({ user, groups, uid, extra }: AccessSpec): User {
  return { name: user ?? '', groups: groups ?? [], ...(uid !== undefined && { uid }), ...(extra && { extra }) }
}

async function accessAnswer(call: Call, question: Question, user: User, spec: AccessSpec): Promise<Answer> {
  const { allowed, reason } = await call.server.authorize(user, attributes(spec))
  return { ...question, status: { allowed, ...(reason !== undefined && { reason }) } }
}

function attributes({ resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  if (!resourceAttributes) return { verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' }
  const { verb, group, version, resource, subresource, namespace, name } = resourceAttributes
  return { verb: verb ?? '', group: group ?? '', version, resource, subresource, namespace, name }
}

/** All rules of the caller in a namespace. A server without RBAC can only say whether that is everything. */
async function rules({ server, user }: Call, spec: JsonObject): Promise<JsonObject> {
  const namespace = spec['namespace']
  if (typeof namespace !== 'string' || namespace === '') throw badRequest('no namespace on request')
  const found = await server.rbac?.rulesFor(user, namespace)
  if (!found) {
    const all = (await server.authorize(user, { verb: '*', group: '*', resource: '*', namespace })).allowed
    return {
      resourceRules: all ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
      nonResourceRules: all ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
      incomplete: !all,
    }
  }
  const evaluationError = missingText(found.missing)
  return {
    resourceRules: found.rules.filter(({ resources }) => resources.length > 0).map(resourceRule),
    nonResourceRules: found.rules
      .filter(({ nonResourceURLs }) => nonResourceURLs.length > 0)
      .map(({ verbs, nonResourceURLs }) => ({ verbs: [...verbs], nonResourceURLs: [...nonResourceURLs] })),
    incomplete: false,
    ...(evaluationError !== undefined && { evaluationError }),
  }
}

function resourceRule({ verbs, apiGroups, resources, resourceNames }: PolicyRule): JsonObject {
  return {
    verbs: [...verbs],
    apiGroups: [...apiGroups],
    resources: [...resources],
    ...(resourceNames.length > 0 && { resourceNames: [...resourceNames] }),
  }
}

function userInfo({ name, uid, groups, extra }: User): Json {
  const more = Object.fromEntries(Object.entries(extra ?? {}).map(([key, values]) => [key, [...values]]))
  return {
    username: name,
    ...(uid !== undefined && { uid }),
    groups: [...groups],
    ...(Object.keys(more).length > 0 && { extra: more }),
  }
}

const TokenSpec = z.looseObject({ token: z.string().optional(), audiences: z.array(z.string()).nullish() })

async function tokenReview(call: Call, spec: JsonObject): Promise<JsonObject> {
  const parsed = TokenSpec.safeParse(spec)
  const token = parsed.data?.token
  if (!token) throw badRequest('token is required for TokenReview in authentication')
  const audiences = parsed.data?.audiences ?? []
  const answer = await call.server.identify(token, audiences.length > 0 ? audiences : undefined)
  if (!('user' in answer)) return { user: {}, error: answer.refused }
  return { authenticated: true, user: userInfo(answer.user), audiences: [...answer.audiences] }
}
