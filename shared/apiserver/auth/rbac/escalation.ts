// Nobody grants what they do not hold: writers of roles must hold the rules they write or be allowed to `escalate`,
// writers of bindings must hold the rules of the role they bind or be allowed to `bind` it.
import type { KubeObject } from '../../../api/kube-object.ts'
import { forbidden, notFound } from '../../http/status-error.ts'
import { sameJson } from '../../patch/json-value.ts'
import { type Call, typeOf } from '../../resource/call.ts'
import { aggregates } from './aggregate.ts'
import { compacted, fullAuthority, missingRules, quotedList, ruleText } from './covers.ts'
import { isMaster, missingText } from './decide.ts'
import { RoleRef, rbacGroup } from './policy.ts'
import { type PolicyRule, rulesOf } from './rule.ts'

const roleKinds = new Set(['Role', 'ClusterRole'])
const bindingKinds = new Set(['RoleBinding', 'ClusterRoleBinding'])

/**
 * Throws StatusError 403 when the caller would give away more than they hold, 404 when they bind a role that is not
 * there and they may not bind it by name. Passes everything that is no role and no binding.
 */
export async function requireHeld(call: Call, object: KubeObject, old: KubeObject | undefined): Promise<void> {
  const { kind, user, server } = call
  if (kind.group !== rbacGroup || !server.rbac || isMaster(user) || (old && onlyLetsGo(object, old))) return
  if (roleKinds.has(kind.kind)) await requireRulesHeld(call, object, old)
  if (bindingKinds.has(kind.kind)) await requireRoleHeld(call, object)
}

/** Finalizers and owners may change so that the object can end, whoever asks. */
function onlyLetsGo(object: KubeObject, old: KubeObject): boolean {
  const comparable = ({ metadata, ...rest }: KubeObject) => {
    const { finalizers: _finalizers, ownerReferences: _owners, managedFields: _managed, ...kept } = metadata
    const { resourceVersion: _revision, ...fixed } = kept
    return { ...rest, metadata: fixed }
  }
  return sameJson(comparable(object), comparable(old))
}

async function requireRulesHeld(call: Call, object: KubeObject, old: KubeObject | undefined): Promise<void> {
  const { server, user, target, kind } = call
  const { group, version, plural: resource } = kind
  const { namespace, name } = target
  const escalate = await server.authorize(user, { verb: 'escalate', group, version, resource, namespace, name })
  if (escalate.allowed) return
  await requireAll(call, object, rulesOf(object))
  if (!aggregates(object) && !(old && aggregates(old))) return
  if ((await lacking(call, fullAuthority)).parts.length === 0) return
  const message = 'must have cluster-admin privileges to use the aggregationRule'
  throw forbidden(typeOf(kind), object.metadata.name ?? '', message)
}

async function requireRoleHeld(call: Call, object: KubeObject): Promise<void> {
  const { server, user, target, kind } = call
  const parsed = RoleRef.safeParse(object['roleRef'])
  // A reference nobody can follow is refused for what it is, by validation.
  if (!parsed.success || !roleKinds.has(parsed.data.kind) || parsed.data.name === '') return
  const role = parsed.data
  const resource = role.kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  const { namespace } = target
  const bind = { verb: 'bind', group: rbacGroup, version: 'v1', resource, namespace, name: role.name }
  if ((await server.authorize(user, bind)).allowed) return
  const rules = await server.rbac?.rulesOfRole(role, namespace)
  if (!rules) throw notFound(typeOf(kind), role.name)
  await requireAll(call, object, rules)
}

async function requireAll(call: Call, object: KubeObject, wanted: readonly PolicyRule[]): Promise<void> {
  const { user, kind } = call
  const { parts, unresolved } = await lacking(call, wanted)
  if (parts.length === 0) return
  const lines = [...new Set(compacted(parts).map(ruleText))].sort()
  const who = `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)})`
  const errors = unresolved === undefined ? '' : `; resolution errors: [${unresolved}]`
  const message = `${who} is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${errors}`
  throw forbidden(typeOf(kind), object.metadata.name ?? '', message)
}

async function lacking(
  { server, user, target, kind }: Call,
  wanted: readonly PolicyRule[],
): Promise<{ parts: readonly PolicyRule[]; unresolved: string | undefined }> {
  const held = (await server.rbac?.rulesFor(user, target.namespace)) ?? { rules: [], missing: [] }
  return { parts: missingRules(held.rules, wanted), unresolved: missingText(held.missing, kind.plural) }
}
