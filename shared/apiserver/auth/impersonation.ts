// Acting as somebody else: the Impersonate-* headers. Either the verb `impersonate` allows everything that is taken, or
// (as Kubernetes constrains it) `impersonate:<mode>` allows the taking and `impersonate-on:<mode>:<verb>` this use of it.
import { badRequest } from '../http/status-error.ts'
import type { Attributes, Authorize, User } from '../options.ts'
import { refusal } from './access.ts'
import { accountGroups, parseAccountName } from './account-name.ts'

const extraPrefix = 'impersonate-extra-'
const authentication = 'authentication.k8s.io'
const anonymous = 'system:anonymous'
const authenticated = 'system:authenticated'
const unauthenticated = 'system:unauthenticated'
const nodePrefix = 'system:node:'

/** Who a request says it acts as. */
interface Wanted {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/**
 * The user a request acts as: its own unless it says otherwise. `attributes` is what the request wants to do. Throws
 * StatusError 400 for groups or extras without a user, 403 when the caller may not take what it asks for.
 */
export async function effectiveUser(
  authorize: Authorize,
  user: User,
  headers: Headers,
  attributes: Attributes,
): Promise<User> {
  const wanted = wantedUser(headers)
  if (!wanted) return user
  await requireTaking(authorize, user, wanted, attributes)
  return takenUser(wanted)
}

function wantedUser(headers: Headers): Wanted | undefined {
  const name = headers.get('impersonate-user') ?? ''
  const uid = headers.get('impersonate-uid') ?? ''
  const groups = list(headers.get('impersonate-group'))
  const extra = extras(headers)
  if (name !== '') return { name, uid, groups, extra }
  if (uid === '' && groups.length === 0 && Object.keys(extra).length === 0) return undefined
  throw badRequest(`requested ${goText({ name, uid, groups, extra })} without impersonating a user name`)
}

/** Named groups replace a service account's own; everybody who is somebody is authenticated. */
function takenUser({ name, uid, groups: named, extra }: Wanted): User {
  const account = parseAccountName(name)
  const groups = named.length === 0 && account ? accountGroups(account.namespace) : [...named]
  const settled = groups.includes(authenticated) || groups.includes(unauthenticated)
  if (!settled) groups.push(name === anonymous ? unauthenticated : authenticated)
  return {
    name,
    groups,
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

async function requireTaking(authorize: Authorize, user: User, wanted: Wanted, use: Attributes): Promise<void> {
  const plain = await firstRefusal(authorize, user, parts(wanted, 'impersonate', { users: '', groups: '' }))
  if (!plain) return
  const mode = modeOf(wanted.name)
  const taking = parts(wanted, `impersonate:${mode}`, { users: authentication, groups: authentication })
  const constrained = await firstRefusal(authorize, user, [
    { ...use, verb: `impersonate-on:${mode}:${use.verb}` },
    ...taking,
  ])
  if (!constrained) return
  // Whoever may take the user at all uses the plain verb, and is told what else it would take.
  throw plain.at === 0 ? constrained.error : plain.error
}

function modeOf(name: string): 'serviceaccount' | 'arbitrary-node' | 'user-info' {
  if (parseAccountName(name)) return 'serviceaccount'
  return name.startsWith(nodePrefix) && name !== nodePrefix ? 'arbitrary-node' : 'user-info'
}

/** Everything that is taken, each as something the caller must be allowed to do. The user comes first. */
function parts(
  { name, uid, groups, extra }: Wanted,
  verb: string,
  group: { readonly users: string; readonly groups: string },
): Attributes[] {
  const account = parseAccountName(name)
  const version = 'v1'
  const whom: Attributes = account
    ? { verb, group: group.users, version, resource: 'serviceaccounts', ...account }
    : nodeOrUser(name, verb, group.users)
  return [
    whom,
    ...groups.map((each) => ({ verb, group: group.groups, version, resource: 'groups', name: each })),
    ...(uid === '' ? [] : [{ verb, group: authentication, version, resource: 'uids', name: uid }]),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({
        verb,
        group: authentication,
        version,
        resource: 'userextras',
        subresource: key,
        name: value,
      })),
    ),
  ]
}

function nodeOrUser(name: string, verb: string, group: string): Attributes {
  const node = modeOf(name) === 'arbitrary-node' && verb !== 'impersonate'
  return node
    ? { verb, group, version: 'v1', resource: 'nodes', name: name.slice(nodePrefix.length) }
    : { verb, group, version: 'v1', resource: 'users', name }
}

async function firstRefusal(authorize: Authorize, user: User, asked: readonly Attributes[]) {
  for (const [at, attributes] of asked.entries()) {
    const verdict = await authorize(user, attributes)
    if (!verdict.allowed) return { at, error: refusal(user, attributes, verdict.reason) }
  }
  return undefined
}

/** Repeated headers arrive joined by commas. */
function list(value: string | null): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function extras(headers: Headers): Record<string, string[]> {
  const found = [...headers].filter(([name]) => name.startsWith(extraPrefix))
  return Object.fromEntries(found.map(([name, value]) => [decoded(name.slice(extraPrefix.length)), list(value)]))
}

/** Keys are percent-encoded and compared in lower case; one that is not encoded well is taken as it is. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key).toLowerCase()
  } catch {
    return key
  }
}

/** The words of the API server, which prints the user as its own language does. */
function goText({ name, uid, groups, extra }: Wanted): string {
  const strings = (values: readonly string[]) => `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`
  const keys = Object.entries(extra)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, values]) => `${JSON.stringify(key)}:${strings(values)}`)
  const shownGroups = groups.length === 0 ? '[]string(nil)' : strings(groups)
  const shownExtra = keys.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${keys.join(', ')}}`
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${shownGroups}, Extra:${shownExtra}}`
}
