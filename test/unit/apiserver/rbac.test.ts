// Roles and bindings decide: who gets in, what the refusal says, and that a decision costs no read.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryObjectStore } from '../../../shared/adapters/memory/object-store.ts'
import { policyRecheckMs } from '../../../shared/apiserver/auth/rbac/policy-source.ts'
import type { ObjectStore } from '../../../shared/ports/object-store.ts'
import { configMap, configMaps, createWorld, type World } from './world.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const inDefault = `${rbac}/namespaces/default`

const as = (user: string, ...groups: string[]) => ({
  'impersonate-user': user,
  ...(groups.length > 0 && { 'impersonate-group': groups.join(', ') }),
})
const rule = (resources: string, verbs: string, more: object = {}) => ({
  apiGroups: [''],
  resources: resources.split(','),
  verbs: verbs.split(','),
  ...more,
})
const binding = (name: string, kind: string, role: string, ...subjects: object[]) => ({
  metadata: { name },
  roleRef: { kind, name: role },
  subjects,
})
const user = (name: string) => ({ kind: 'User', name })

/** A hub where everybody is the administrator and says who they really are. */
function createHub(options: Parameters<typeof createWorld>[0] = {}): World {
  return createWorld({ authorize: 'rbac', ...options })
}

async function made(world: World, path: string, body: object): Promise<void> {
  const { code, body: answer } = await world.call('POST', path, body)
  assert.equal(code, 201, JSON.stringify(answer))
}

/** Lets `name` do what the rules say in namespace default. */
async function grant(world: World, name: string, ...rules: object[]): Promise<void> {
  await made(world, `${inDefault}/roles`, { metadata: { name }, rules })
  await made(world, `${inDefault}/rolebindings`, binding(name, 'Role', name, user(name)))
}

describe('RBAC', () => {
  it('lets nobody in but the administrator until a role says so', async () => {
    const world = createHub()
    const refused = await world.call('GET', `${configMaps}/a`, undefined, as('ann'))
    assert.equal(
      refused.body['message'],
      'configmaps "a" is forbidden: User "ann" cannot get resource "configmaps" in API group "" in the namespace "default"',
    )
    await grant(world, 'ann', rule('configmaps', 'get,create'))
    assert.equal((await world.call('POST', configMaps, configMap('a'), as('ann'))).code, 201)
    assert.equal((await world.call('GET', `${configMaps}/a`, undefined, as('ann'))).code, 200)
    for (const [method, path] of [
      ['GET', configMaps],
      ['DELETE', `${configMaps}/a`],
      ['GET', '/api/v1/namespaces/kube-system/configmaps/a'],
      ['GET', '/api/v1/configmaps'],
    ] as const)
      assert.equal((await world.call(method, path, undefined, as('ann'))).code, 403, `${method} ${path}`)
  })

  it('takes the right away with the binding, at once on this instance', async () => {
    const world = createHub()
    await grant(world, 'ann', rule('configmaps', 'list'))
    assert.equal((await world.call('GET', configMaps, undefined, as('ann'))).code, 200)
    await world.call('DELETE', `${inDefault}/rolebindings/ann`)
    assert.equal((await world.call('GET', configMaps, undefined, as('ann'))).code, 403)
  })

  it('knows names, subresources, paths and groups', async () => {
    const world = createHub()
    await grant(
      world,
      'ann',
      rule('configmaps', 'get,list,watch', { resourceNames: ['a'] }),
      rule('pods/status,*/scale', 'get'),
    )
    await made(world, `${rbac}/clusterroles`, {
      metadata: { name: 'paths' },
      rules: [{ nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] }],
    })
    await made(
      world,
      `${rbac}/clusterrolebindings`,
      binding('p', 'ClusterRole', 'paths', { kind: 'Group', name: 'ops' }),
    )
    const may = async (attributes: object, who = as('ann', 'ops')) => {
      const spec = 'path' in attributes ? { nonResourceAttributes: attributes } : { resourceAttributes: attributes }
      const { body } = await world.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec }, who)
      return (body['status'] as { allowed: boolean }).allowed
    }
    const here = { namespace: 'default', verb: 'get' }
    assert.equal(await may({ ...here, resource: 'configmaps', name: 'a' }), true)
    assert.equal(await may({ ...here, resource: 'configmaps', name: 'b' }), false)
    assert.equal(await may({ ...here, resource: 'configmaps' }), false)
    assert.equal(await may({ ...here, resource: 'pods', subresource: 'status', name: 'x' }), true)
    assert.equal(await may({ ...here, resource: 'pods', name: 'x' }), false)
    assert.equal(await may({ ...here, resource: 'things', subresource: 'scale', name: 'x' }), true)
    assert.equal(await may({ path: '/logs/a/b', verb: 'get' }), true)
    assert.equal(await may({ path: '/metrics', verb: 'post' }), false)
    assert.equal(await may({ path: '/metrics', verb: 'get' }, as('ann')), false)
    const one = `${configMaps}?fieldSelector=metadata.name%3Da`
    assert.equal((await world.call('GET', one, undefined, as('ann'))).code, 200)
    assert.equal((await world.call('GET', one.replace('%3Da', '%3Db'), undefined, as('ann'))).code, 403)
    assert.equal((await world.call('GET', configMaps, undefined, as('ann'))).code, 403)
  })

  it('reads a Namespace by a role in it', async () => {
    const world = createHub()
    await grant(world, 'ann', rule('namespaces', 'get'))
    assert.equal((await world.call('GET', '/api/v1/namespaces/default', undefined, as('ann'))).code, 200)
    const other = await world.call('GET', '/api/v1/namespaces/kube-system', undefined, as('ann'))
    assert.match(String(other.body['message']), /in the namespace "kube-system"$/)
  })

  it('names the grant that allows, and the roles that are bound and missing', async () => {
    const world = createHub()
    await grant(world, 'ann', rule('pods', 'get'))
    await made(world, `${inDefault}/rolebindings`, binding('lost', 'Role', 'nowhere', user('bob')))
    const review = async (name: string) => {
      const spec = { user: name, resourceAttributes: { namespace: 'default', verb: 'get', resource: 'pods' } }
      return (await world.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { spec })).body['status']
    }
    assert.deepEqual(await review('ann'), {
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "ann/default" of Role "ann" to User "ann"',
    })
    assert.deepEqual(await review('bob'), {
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "nowhere" not found',
    })
  })

  it('shows a user every rule they have', async () => {
    const world = createHub()
    await grant(world, 'ann', rule('pods', 'get', { resourceNames: ['x'] }))
    const { body } = await world.call(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      { spec: { namespace: 'default' } },
      as('ann'),
    )
    const { resourceRules, incomplete } = body['status'] as { resourceRules: unknown[]; incomplete: boolean }
    assert.deepEqual(resourceRules.at(-1), {
      verbs: ['get'],
      apiGroups: [''],
      resources: ['pods'],
      resourceNames: ['x'],
    })
    assert.equal(resourceRules.length, 3, 'and what everybody may')
    assert.equal(incomplete, false)
  })
})

describe('default roles', () => {
  it('are there from the first request, and come back when somebody takes them apart', async () => {
    const memory = createWorld().elsewhere
    const first = createHub({ store: memory })
    const { body } = await first.call('GET', `${rbac}/clusterroles`)
    const names = (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)
    for (const name of ['cluster-admin', 'admin', 'edit', 'view', 'fleet-admin', 'fleet-viewer', 'app-developer'])
      assert.ok(names.includes(name), name)
    await first.call('DELETE', `${rbac}/clusterrolebindings/system:discovery`)
    await first.call('PATCH', `${rbac}/clusterroles/fleet-viewer`, { rules: [] }, merge)
    await first.call('PATCH', `${rbac}/clusterroles/fleet-admin`, { metadata: mine, rules: [] }, merge)
    const second = createHub({ store: memory })
    assert.equal((await second.call('GET', `${rbac}/clusterrolebindings/system:discovery`)).code, 200)
    const viewer = await second.call('GET', `${rbac}/clusterroles/fleet-viewer`)
    assert.notDeepEqual(viewer.body['rules'], [])
    const admin = await second.call('GET', `${rbac}/clusterroles/fleet-admin`)
    assert.equal(admin.body['rules'], null, 'unless they say that they mean it')
  })

  const merge = { 'content-type': 'application/merge-patch+json' }
  const mine = { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } }

  it('give an editor what they need and no way up', async () => {
    const world = createHub()
    await made(world, `${inDefault}/rolebindings`, binding('e', 'ClusterRole', 'edit', user('eve')))
    assert.equal((await world.call('POST', configMaps, configMap('a'), as('eve'))).code, 201)
    assert.equal((await world.call('POST', `${inDefault}/roles`, { metadata: { name: 'r' } }, as('eve'))).code, 403)
    assert.equal((await world.call('GET', '/api/v1/namespaces/kube-system/secrets', undefined, as('eve'))).code, 403)
  })
})

describe('aggregated ClusterRoles', () => {
  it('gain and lose the rules of what they select, for decisions and for readers', async () => {
    const world = createHub()
    const label = { 'demo.io/into-all': 'true' }
    await made(world, `${rbac}/clusterroles`, {
      metadata: { name: 'all' },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: label }] },
    })
    await made(world, `${rbac}/clusterrolebindings`, binding('all', 'ClusterRole', 'all', user('ann')))
    const rulesNow = async () => (await world.call('GET', `${rbac}/clusterroles/all`)).body['rules']
    assert.equal((await world.call('GET', configMaps, undefined, as('ann'))).code, 403)
    const part = { metadata: { name: 'part', labels: label }, rules: [rule('configmaps', 'list')] }
    await made(world, `${rbac}/clusterroles`, part)
    assert.deepEqual(await rulesNow(), part.rules)
    assert.equal((await world.call('GET', configMaps, undefined, as('ann'))).code, 200)
    await world.call('DELETE', `${rbac}/clusterroles/part`)
    assert.equal(await rulesNow(), null)
    assert.equal((await world.call('GET', configMaps, undefined, as('ann'))).code, 403)
  })
})

describe('escalation', () => {
  const writer = rule('roles,rolebindings', 'create,update,patch', { apiGroups: ['rbac.authorization.k8s.io'] })
  const secrets = { metadata: { name: 'r' }, rules: [rule('secrets', 'get,list')] }

  it('is refused on every way to write a role, and told in full', async () => {
    const world = createHub()
    await grant(world, 'eve', writer, rule('configmaps', 'get'))
    await made(world, `${inDefault}/roles`, { metadata: { name: 'there' }, rules: [rule('configmaps', 'get')] })
    const roles = `${inDefault}/roles`
    const whole = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', ...secrets }
    const ways: readonly (readonly [string, string, object, Record<string, string>])[] = [
      ['POST', roles, secrets, {}],
      ['POST', `${roles}?dryRun=All`, secrets, {}],
      ['PUT', `${roles}/there`, { ...secrets, metadata: { name: 'there' } }, {}],
      ['PATCH', `${roles}/there`, { rules: secrets.rules }, { 'content-type': 'application/merge-patch+json' }],
      ['PATCH', `${roles}/r?fieldManager=x`, whole, { 'content-type': 'application/apply-patch+yaml' }],
    ]
    for (const [method, path, body, headers] of ways) {
      const { code, body: answer } = await world.call(method, path, body, { ...headers, ...as('eve') })
      assert.equal(code, 403, `${method} ${path}`)
      assert.match(
        String(answer['message']),
        /user "eve" \(groups=\["system:authenticated"\]\) is attempting to grant RBAC permissions not currently held:\n\{APIGroups:\[""\], Resources:\["secrets"\], Verbs:\["get" "list"\]\}$/,
      )
    }
    const held = { metadata: { name: 'held' }, rules: [rule('configmaps', 'get', { resourceNames: ['a'] })] }
    assert.equal((await world.call('POST', roles, held, as('eve'))).code, 201)
  })

  it('is allowed by escalate and bind, by name', async () => {
    const world = createHub()
    const named = { apiGroups: ['rbac.authorization.k8s.io'] }
    await grant(world, 'eve', writer, rule('roles', 'bind', { ...named, resourceNames: ['big'] }))
    await made(world, `${inDefault}/roles`, { ...secrets, metadata: { name: 'big' } })
    await made(world, `${inDefault}/roles`, { ...secrets, metadata: { name: 'other' } })
    const bind = async (role: string) =>
      (
        await world.call(
          'POST',
          `${inDefault}/rolebindings`,
          binding(`b-${role}`, 'Role', role, user('eve')),
          as('eve'),
        )
      ).code
    assert.equal(await bind('other'), 403)
    assert.equal(await bind('missing'), 404)
    assert.equal(await bind('big'), 201)
    await grant(world, 'root', writer, rule('roles', 'escalate', named))
    assert.equal((await world.call('POST', `${inDefault}/roles`, secrets, as('root'))).code, 201)
  })

  it('asks for everything of who aggregates', async () => {
    const world = createHub()
    await made(world, `${rbac}/clusterroles`, {
      metadata: { name: 'w' },
      rules: [rule('clusterroles', 'create', { apiGroups: ['rbac.authorization.k8s.io'] })],
    })
    await made(world, `${rbac}/clusterrolebindings`, binding('w', 'ClusterRole', 'w', user('eve')))
    const role = { metadata: { name: 'g' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }
    const { code, body } = await world.call('POST', `${rbac}/clusterroles`, role, as('eve'))
    assert.equal(code, 403)
    assert.match(String(body['message']), /must have cluster-admin privileges to use the aggregationRule$/)
  })
})

describe('the policy', () => {
  /** Counts what is read and written of the RBAC types. */
  function counted(store: ObjectStore): { store: ObjectStore; count: () => number } {
    let operations = 0
    const note = <T>(type: { group: string }, work: T): T => {
      if (type.group === 'rbac.authorization.k8s.io') operations += 1
      return work
    }
    return {
      count: () => operations,
      store: {
        get: (type, key) => note(type, store.get(type, key)),
        list: (type, options) => note(type, store.list(type, options)),
        changes: (type, after, limit) => note(type, store.changes(type, after, limit)),
        revision: (type) => note(type, store.revision(type)),
        write: (type, write) => note(type, store.write(type, write)),
      },
    }
  }

  it('costs a request nothing while it is fresh, and four looks at the logs when it is not', async () => {
    const clock = createWorld().clock
    const { store, count } = counted(createMemoryObjectStore({ clock }))
    const world = createHub({ store, clock })
    await grant(world, 'ann', rule('configmaps', 'get,list'))
    await world.call('GET', configMaps, undefined, as('ann'))
    const warm = count()
    for (let round = 0; round < 20; round += 1) await world.call('GET', configMaps, undefined, as('ann'))
    assert.equal(count(), warm)
    clock.advance(policyRecheckMs)
    await world.call('GET', configMaps, undefined, as('ann'))
    assert.equal(count(), warm + 4)
  })

  it('hears of what another instance wrote within its bound', async () => {
    const one = createHub()
    const two = createHub({ store: one.elsewhere, clock: one.clock })
    assert.equal((await two.call('GET', configMaps, undefined, as('ann'))).code, 403)
    await grant(one, 'ann', rule('configmaps', 'list'))
    one.clock.advance(policyRecheckMs)
    assert.equal((await two.call('GET', configMaps, undefined, as('ann'))).code, 200)
    await one.call('DELETE', `${inDefault}/roles/ann`)
    one.clock.advance(policyRecheckMs)
    assert.equal((await two.call('GET', configMaps, undefined, as('ann'))).code, 403)
  })
})
