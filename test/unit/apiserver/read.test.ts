// Lists, forms, selectors, and everything around the objects: routes, discovery, access.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { adminGroups, configMap, configMaps, createWorld, gadgetOf, gadgets, type World } from './world.ts'

async function fill(world: World, names: readonly string[]): Promise<void> {
  for (const name of names)
    await world.call('POST', gadgets, gadgetOf(name, { color: name < 'c' ? 'red' : 'blue' }, { labels: { name } }))
}

const namesIn = (body: Record<string, unknown>) =>
  (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name)

describe('list', () => {
  it('pages with the revision of the first page', async () => {
    const world = createWorld()
    await fill(world, ['a', 'b', 'c', 'd', 'e'])
    const seen: string[] = []
    const revisions = new Set<unknown>()
    let token: string | undefined
    do {
      const page = await world.call('GET', `${gadgets}?limit=2${token ? `&continue=${token}` : ''}`)
      const meta = page.body['metadata'] as { continue?: string; resourceVersion: string }
      seen.push(...namesIn(page.body))
      revisions.add(meta.resourceVersion)
      token = meta.continue
      if (seen.length === 2) await world.call('POST', gadgets, gadgetOf('f'))
    } while (token)
    assert.deepEqual(seen, ['a', 'b', 'c', 'd', 'e', 'f'])
    assert.deepEqual([...revisions], ['6'])
    assert.equal((await world.call('GET', `${gadgets}?continue=nonsense`)).code, 400)
  })

  it('fills pages although selectors pass over most objects', async () => {
    const world = createWorld()
    await fill(world, ['a', 'b', 'c', 'd', 'e'])
    const selector = 'labelSelector=name%20in%20(b,d,e)'
    const first = await world.call('GET', `${gadgets}?${selector}&limit=2`)
    assert.deepEqual(namesIn(first.body), ['b', 'd'])
    const { continue: token } = first.body['metadata'] as { continue: string }
    const second = await world.call('GET', `${gadgets}?${selector}&limit=2&continue=${token}`)
    assert.deepEqual(namesIn(second.body), ['e'])
    assert.deepEqual(namesIn((await world.call('GET', `${gadgets}?fieldSelector=spec.color=blue`)).body), [
      'c',
      'd',
      'e',
    ])
    assert.deepEqual(namesIn((await world.call('GET', `${gadgets}?fieldSelector=metadata.name=b`)).body), ['b'])
    assert.equal((await world.call('GET', `${gadgets}?fieldSelector=spec.size=1`)).code, 400)
    assert.equal((await world.call('GET', `${gadgets}?labelSelector=a%20in%20b`)).code, 400)
  })

  it('answers revisions as the contract says', async () => {
    const world = createWorld()
    await fill(world, ['a'])
    assert.equal((await world.call('GET', `${gadgets}?resourceVersion=0`)).code, 200)
    assert.equal((await world.call('GET', `${gadgets}?resourceVersion=2&resourceVersionMatch=Exact`)).code, 200)
    assert.equal((await world.call('GET', `${gadgets}?resourceVersion=0&resourceVersionMatch=Exact`)).code, 422)
    assert.equal((await world.call('GET', `${gadgets}?resourceVersionMatch=Exact`)).code, 422)
    assert.equal((await world.call('GET', `${gadgets}?resourceVersion=x`)).code, 400)
    await fill(world, ['b'])
    assert.equal((await world.call('GET', `${gadgets}?resourceVersion=2&resourceVersionMatch=Exact`)).code, 410)
    const future = world.call('GET', `${gadgets}?resourceVersion=99`)
    const step = setInterval(() => world.clock.advance(1_000), 1)
    const { code, body } = await future
    clearInterval(step)
    assert.equal(code, 504)
    assert.match(JSON.stringify(body), /ResourceVersionTooLarge/)
  })

  it('shows objects as the client asks: table, metadata only, YAML', async () => {
    const world = createWorld()
    await world.call('POST', configMaps, configMap('a', { k: 'v' }))
    const table = await world.call('GET', configMaps, undefined, {
      accept:
        'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json',
    })
    assert.equal(table.body['kind'], 'Table')
    const partial =
      'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'
    const list = await world.call('GET', configMaps, undefined, { accept: partial })
    assert.equal(list.body['kind'], 'PartialObjectMetadataList')
    assert.equal(JSON.stringify(list.body).includes('"data"'), false)
    const yaml = await world.call('GET', `${configMaps}/a`, undefined, { accept: 'application/yaml' })
    assert.match(String(yaml.body['text']), /^apiVersion: v1$/m)
    const typed = await world.call('GET', configMaps, undefined, { accept: 'application/vnd.kubernetes.protobuf, */*' })
    assert.equal(typed.body['kind'], 'ConfigMapList')
    assert.equal((await world.call('GET', configMaps, undefined, { accept: 'text/html' })).code, 406)
  })
})

describe('routes', () => {
  it('tell the Namespace from what lies in it', async () => {
    const world = createWorld()
    assert.equal((await world.call('GET', '/api/v1/namespaces/default')).object.kind, 'Namespace')
    assert.equal((await world.call('GET', '/api/v1/namespaces/default/status')).object.kind, 'Namespace')
    assert.equal((await world.call('GET', '/api/v1/namespaces/default/configmaps')).body['kind'], 'ConfigMapList')
    for (const path of ['/api/v1/nothing', '/apis/apps/v1/nothing', `${gadgets}/a/b/c`]) {
      const { code, body } = await world.call('GET', path)
      assert.deepEqual(
        [code, body['reason'], body['message']],
        [404, 'NotFound', 'the server could not find the requested resource'],
        path,
      )
    }
    const unserved = await world.call('GET', '/apis/none.io/v1/things')
    assert.deepEqual([unserved.code, unserved.body['text']], [404, '404 page not found\n'])
    assert.equal((await world.call('PUT', gadgets, {})).code, 405)
    assert.equal((await world.call('POST', '/apis/demo.io/v1/gadgets', gadgetOf('a'))).code, 405)
    assert.equal((await world.call('GET', '/api/v1/namespaces/%E0%A4%A')).code, 400)
  })

  it('answer health without a name', async () => {
    const world = createWorld({ authenticate: () => undefined })
    for (const path of ['/healthz', '/livez', '/readyz'])
      assert.equal((await world.call('GET', path)).body['text'], 'ok')
    assert.equal((await world.call('GET', '/version')).body['minor'], '36')
    const refused = await world.call('GET', configMaps)
    assert.deepEqual(
      [refused.code, refused.body['reason'], refused.body['message']],
      [401, 'Unauthorized', 'Unauthorized'],
    )
    assert.equal((await world.call('GET', '/apis')).code, 401)
  })

  it('refuse whoever may not, in the words clients know', async () => {
    const world = createWorld({
      authenticate: () => ({ name: 'eve', groups: ['guests'] }),
      authorize: adminGroups(['admins']),
    })
    const { code, body } = await world.call('GET', `${gadgets}/a`)
    assert.equal(code, 403)
    assert.match(
      String(body['message']),
      /^gadgets\.demo\.io "a" is forbidden: User "eve" cannot get resource "gadgets" in API group "demo\.io" in the namespace "default"/,
    )
    assert.deepEqual(body['details'], { name: 'a', group: 'demo.io', kind: 'gadgets' })
    assert.equal((await world.call('GET', '/apis')).code, 403)
  })

  it('hide their own failures but answer', async () => {
    const world = createWorld({
      authorize: () => {
        throw new Error('secret detail')
      },
    })
    const { code, body, headers } = await world.call('GET', configMaps)
    assert.equal(code, 500)
    assert.equal(JSON.stringify(body).includes('secret detail'), false)
    assert.equal(headers.get('retry-after'), '1')
    assert.equal(world.errors.length, 1)
  })
})

describe('bodies', () => {
  it('are bounded in size, depth and form', async () => {
    const world = createWorld()
    const large = JSON.stringify(configMap('a', { k: 'x'.repeat(3_200_000) }))
    assert.equal((await world.call('POST', configMaps, large)).code, 413)
    const big = JSON.stringify(configMap('a', { k: 'x'.repeat(1_600_000) }))
    assert.equal((await world.call('POST', configMaps, big)).code, 422)
    const deep = `{"apiVersion":"demo.io/v1","kind":"Gadget","metadata":{"name":"a"},"spec":${'['.repeat(2_000)}${']'.repeat(2_000)}}`
    assert.equal((await world.call('POST', gadgets, deep)).code, 400)
    assert.equal((await world.call('POST', gadgets, '[]')).code, 400)
    assert.equal((await world.call('POST', gadgets, '{"a":')).code, 400)
    assert.equal((await world.call('POST', gadgets, 'x', { 'content-type': 'text/plain' })).code, 415)
    const yaml = 'apiVersion: demo.io/v1\nkind: Gadget\nmetadata:\n  name: y\nspec: {on: yes}\n'
    const made = await world.call('POST', gadgets, yaml, { 'content-type': 'application/yaml' })
    assert.deepEqual(made.object['spec'], { on: 'yes' })
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
      .split('')
      .map((key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`)
      .join('\n')}\n`
    assert.equal((await world.call('POST', gadgets, bomb, { 'content-type': 'application/yaml' })).code, 400)
  })

  it('keep keys that mean something to JavaScript', async () => {
    const world = createWorld()
    const text =
      '{"apiVersion":"demo.io/v1","kind":"Gadget","metadata":{"name":"p"},"spec":{"__proto__":{"polluted":true},"constructor":1}}'
    assert.equal((await world.call('POST', gadgets, text)).code, 201)
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    const got = await world.handle(new Request(`http://hub${gadgets}/p`))
    assert.match(await got.text(), /"spec":\{"__proto__":\{"polluted":true\},"constructor":1\}/)
  })
})

describe('discovery', () => {
  it('is aggregated for those who ask, plain for the others, and tagged', async () => {
    const world = createWorld()
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const groups = await world.call('GET', '/apis', undefined, { accept })
    assert.equal(
      groups.headers.get('content-type'),
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    )
    const etag = groups.headers.get('etag') ?? ''
    assert.equal((await world.call('GET', '/apis', undefined, { accept, 'if-none-match': etag })).code, 304)
    const items = groups.body['items'] as {
      metadata: { name: string }
      versions: { resources: { resource: string }[] }[]
    }[]
    const demo = items.find(({ metadata }) => metadata.name === 'demo.io')
    assert.deepEqual(
      demo?.versions[0]?.resources.map(({ resource }) => resource),
      ['gadgets'],
    )
    assert.equal((await world.call('GET', '/apis')).body['kind'], 'APIGroupList')
    assert.equal((await world.call('GET', '/apis/demo.io')).body['kind'], 'APIGroup')
    const list = await world.call('GET', '/apis/demo.io/v1')
    const resources = (list.body['resources'] as { name: string; kind: string }[]).map(({ name }) => name)
    assert.deepEqual(resources, ['gadgets', 'gadgets/status', 'gadgets/scale'])
    assert.equal((await world.call('GET', '/api')).body['kind'], 'APIVersions')
    assert.equal((await world.call('GET', '/apis/none.io/v1')).code, 404)
  })
})

describe('reviews', () => {
  it('say who one is and what one may do', async () => {
    const world = createWorld({
      authenticate: () => ({ name: 'eve', groups: ['admins'] }),
      authorize: adminGroups(['admins']),
    })
    const who = await world.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {})
    assert.deepEqual([who.code, who.body['status']], [201, { userInfo: { username: 'eve', groups: ['admins'] } }])
    const may = await world.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    })
    assert.deepEqual(may.body['status'], { allowed: true })
    const other = await world.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      spec: { user: 'bob', resourceAttributes: { verb: 'get', resource: 'pods' } },
    })
    assert.equal((other.body['status'] as { allowed: boolean }).allowed, false)
    const rules = await world.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      spec: { namespace: 'default' },
    })
    assert.equal((rules.body['status'] as { incomplete: boolean }).incomplete, false)
    const empty = await world.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { spec: {} })
    assert.equal(empty.code, 422)
    assert.equal((await world.call('GET', '/apis/authentication.k8s.io/v1/selfsubjectreviews')).code, 405)
  })
})
