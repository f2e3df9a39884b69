// Acting as somebody else: the Impersonate-* headers, allowed by the verb `impersonate` on each thing taken.
import { badRequest, forbidden } from '../http/status-error.ts'
import type { Authorize, User } from '../options.ts'

const extraPrefix = 'impersonate-extra-'

/**
 * The user a request acts as: its own unless it says otherwise. Throws StatusError 400 for groups or extras without a user,
 * 403 when the caller may not take what it asks for.
 */
export async function effectiveUser(authorize: Authorize, user: User, headers: Headers): Promise<User> {
  const name = headers.get('impersonate-user') ?? ''
  const uid = headers.get('impersonate-uid') ?? ''
  const groups = list(headers.get('impersonate-group'))
  const extra = extras(headers)
  const asksMore = uid !== '' || groups.length > 0 || Object.keys(extra).length > 0
  if (name === '') {
    if (asksMore) throw badRequest('requested impersonation of groups, uid or extra without impersonating a user')
    return user
  }
  await require(authorize, user, '', 'users', name)
  for (const group of groups) await require(authorize, user, '', 'groups', group)
  if (uid !== '') await require(authorize, user, 'authentication.k8s.io', 'uids', uid)
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) await require(authorize, user, 'authentication.k8s.io', `userextras/${key}`, value)
  }
  return { name, groups: [...new Set([...groups, 'system:authenticated'])], ...(uid !== '' && { uid }), extra }
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

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    throw badRequest(`invalid escape in the header ${extraPrefix}${key}`)
  }
}

async function require(authorize: Authorize, user: User, group: string, resource: string, name: string): Promise<void> {
  const [plural = '', subresource] = resource.split('/')
  const verdict = await authorize(user, { verb: 'impersonate', group, resource: plural, subresource, name })
  if (verdict.allowed) return
  const where = `in API group "${group}" at the cluster scope`
  throw forbidden({ group, resource }, name, `User "${user.name}" cannot impersonate resource "${resource}" ${where}`)
}
