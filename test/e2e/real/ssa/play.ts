// One step of a random sequence: a request to the real API server, and what our functions make of the same request.
import assert from 'node:assert/strict'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import { applyMergePatch } from '../../../../shared/apiserver/patch/merge-patch.ts'
import { applyStrategicMergePatch } from '../../../../shared/apiserver/patch/strategic-merge.ts'
import type { Schema } from '../../../../shared/apiserver/schema/schema.ts'
import { applyServerSide } from '../../../../shared/apiserver/ssa/apply.ts'
import { decodeFieldSet, pathsOf, pathText } from '../../../../shared/apiserver/ssa/field-set.ts'
import { trackUpdate } from '../../../../shared/apiserver/ssa/track-update.ts'
import type { KubeAnswer, KubeHttp } from '../../../support/kube-http.ts'
import { metadataOf, type Random, type Subject } from './subjects.ts'

/** How often each kind of step was played, so that a test can see that none was left out. */
export type Tally = Map<string, number>

export interface Play {
  readonly http: KubeHttp
  readonly subject: Subject
  readonly schema: Schema
  readonly name: string
  readonly random: Random
  readonly tally: Tally
}

const asObject = (body: Record<string, unknown>) => body as unknown as KubeObject
const now = '2030-01-01T00:00:00Z'

/** Each entry as one line for each path it owns, so that a difference names the path. */
function owners(object: KubeObject): string[] {
  return (object.metadata.managedFields ?? [])
    .flatMap((entry) => {
      const time = entry['time'] === undefined ? 'without time' : 'with time'
      const who = [entry['operation'], entry['manager'], entry['apiVersion'], entry['subresource'] ?? '', time].join(
        ' ',
      )
      return pathsOf(decodeFieldSet(entry['fieldsV1'])).map((path) => `${who}: ${pathText(path)}`)
    })
    .sort()
}

function sameOwners(ours: KubeObject, real: KubeObject, what: string): void {
  const [mine, theirs] = [owners(ours), owners(real)]
  const difference = [
    ...mine.filter((line) => !theirs.includes(line)).map((line) => `only ours: ${line}`),
    ...theirs.filter((line) => !mine.includes(line)).map((line) => `only real: ${line}`),
  ]
  assert.deepEqual(difference, [], `${what}\n${difference.join('\n')}`)
}

/** What of an object is for its writers to say. */
function content(object: KubeObject): unknown {
  const {
    resourceVersion: _rv,
    generation: _g,
    managedFields: _m,
    uid: _u,
    creationTimestamp: _c,
    ...metadata
  } = object.metadata
  return { ...withoutAllocated(object), metadata }
}

const count = (tally: Tally, what: string) => tally.set(what, (tally.get(what) ?? 0) + 1)

function configOf({ subject, random, name }: Play, fields: Record<string, unknown>) {
  return {
    apiVersion: subject.apiVersion,
    kind: subject.kind,
    metadata: { name, namespace: 'default', ...metadataOf(random) },
    ...fields,
  }
}

/** Fills in what the real server defaults, by asking it: what it would make of our object. */
async function defaulted(play: Play, object: KubeObject, exists: boolean): Promise<KubeObject> {
  const { http, subject, name } = play
  const { managedFields: _, resourceVersion: _rv, uid: _uid, ...metadata } = object.metadata
  const answer = exists
    ? await http.call('PUT', `${subject.path}/${name}?dryRun=All`, {
        ...object,
        metadata: { ...metadata, ...(await lock(play)) },
      })
    : await http.call('POST', `${subject.path}?dryRun=All`, { ...object, metadata })
  assert.ok(answer.code < 300, `our object is acceptable: ${JSON.stringify(answer.body)}\n${JSON.stringify(object)}`)
  return asObject(answer.body)
}

async function lock({ http, subject, name }: Play): Promise<Record<string, unknown>> {
  const { body } = await http.call('GET', `${subject.path}/${name}`)
  const { resourceVersion } = asObject(body).metadata
  return { resourceVersion }
}

export async function applyStep(
  play: Play,
  live: KubeObject | undefined,
  complete: boolean,
): Promise<KubeObject | undefined> {
  const { http, subject, name, random, schema, tally } = play
  const config = configOf(play, complete ? subject.complete(random) : subject.state(random))
  const manager = random.pick(['m1', 'm2', 'm3'])
  const force = random.int(2) === 0
  const query = `?fieldManager=${manager}&force=${force}`
  // Dry first: the real write below would change what our side compares with.
  const ours = applyServerSide({
    live,
    config,
    manager,
    force,
    schema,
    now,
    apiVersion: subject.apiVersion,
    kind: subject.kind,
    statusSubresource: subject.statusSubresource,
  })
  const expected = ours.kind === 'applied' ? await tryDefaulted(play, ours.object, live !== undefined) : undefined
  const answer = await http.call('PATCH', `${subject.path}/${name}${query}`, config, 'application/apply-patch+yaml')
  const what = `${subject.name} apply by ${manager}${force ? ' with force' : ''}: ${JSON.stringify(config)}`
  if (answer.code === 409) {
    assertConflict(ours, answer, what)
    count(tally, 'conflict')
    return live
  }
  if (answer.code >= 400) {
    count(tally, 'refused')
    return live
  }
  const real = asObject(answer.body)
  assert.equal(ours.kind, 'applied', `${what}: ${JSON.stringify(ours)}`)
  if (ours.kind === 'applied') {
    sameOwners(ours.object, real, what)
    assert.deepEqual(expected && content(expected), content(real), what)
  }
  count(tally, live ? 'apply' : 'create by apply')
  return real
}

/** Undefined when the real server would refuse the object, which it then does with the apply as well. */
async function tryDefaulted(play: Play, object: KubeObject, exists: boolean): Promise<KubeObject | undefined> {
  try {
    return await defaulted(play, object, exists)
  } catch (error) {
    if (error instanceof assert.AssertionError) return undefined
    throw error
  }
}

function assertConflict(ours: ReturnType<typeof applyServerSide>, answer: KubeAnswer, what: string): void {
  assert.equal(ours.kind, 'conflicts', `${what}: ${JSON.stringify(answer.body)}`)
  if (ours.kind !== 'conflicts') return
  const details = answer.body['details'] as { causes: { field: string; message: string }[] }
  const text = ({ field, message }: { field: string; message: string }) => `${field} ${message}`
  assert.deepEqual(ours.conflicts.map(text).sort(), details.causes.map(text).sort(), what)
  const lines = (message: unknown) => String(message).split('\n').sort()
  if (details.causes.length === 1 || new Set(details.causes.map(({ message }) => message)).size === 1) {
    assert.equal(ours.message, answer.body['message'], what)
  } else {
    assert.deepEqual(lines(ours.message).length, lines(answer.body['message']).length, what)
  }
}

/** PUT, POST, merge and strategic patches: the real server writes, ours says what was written and who owns it. */
export async function updateStep(play: Play, live: KubeObject): Promise<KubeObject> {
  const { subject, random } = play
  const manager = `u${random.int(13)}`
  const kind = random.pick([
    'put',
    'merge',
    subject.strategicMerge ? 'strategic' : 'merge',
    subject.status ? 'status' : 'put',
  ])
  if (kind === 'status') return await statusStep(play, live, manager)
  if (kind === 'put') return await putStep(play, live, manager)
  return await patchStep(play, live, manager, kind)
}

async function written(
  play: Play,
  live: KubeObject,
  answer: KubeAnswer,
  manager: string,
  subresource: string,
  sent: unknown,
) {
  const { subject, schema, tally } = play
  const what = `${subject.name} ${subresource} by ${manager}: ${JSON.stringify(sent)}`
  if (answer.code >= 400) {
    count(tally, 'refused')
    return live
  }
  const real = asObject(answer.body)
  const next = { ...real, metadata: { ...real.metadata, managedFields: live.metadata.managedFields } }
  const ours = trackUpdate({
    old: live,
    next,
    manager,
    schema,
    now,
    apiVersion: subject.apiVersion,
    subresource,
    statusSubresource: subject.statusSubresource,
  })
  sameOwners(ours, real, what)
  return real
}

async function putStep(play: Play, live: KubeObject, manager: string): Promise<KubeObject> {
  const { http, subject, name, random, tally } = play
  const { managedFields: _, ...metadata } = live.metadata
  const body = {
    ...live,
    metadata: { ...metadata, ...metadataOf(random) },
    ...overlay(live, subject.state(random), random),
  }
  const answer = await http.call('PUT', `${subject.path}/${name}?fieldManager=${manager}`, body)
  count(tally, 'put')
  return await written(play, live, answer, manager, '', body)
}

/** Some of the new state over the old one, so that most objects stay valid. */
function overlay(live: KubeObject, state: Record<string, unknown>, random: Random): Record<string, unknown> {
  return random.int(3) === 0 && live.kind !== 'Deployment' && live.kind !== 'Service'
    ? state
    : applyMergePatch({ spec: live['spec'] ?? {}, ...(live['data'] ? { data: live['data'] } : {}) }, state)
}

async function statusStep(play: Play, live: KubeObject, manager: string): Promise<KubeObject> {
  const { http, subject, name, random, tally } = play
  const body = { ...live, ...subject.status?.(random) }
  const answer = await http.call('PUT', `${subject.path}/${name}/status?fieldManager=${manager}`, body)
  count(tally, 'status')
  return await written(play, live, answer, manager, 'status', body)
}

async function patchStep(play: Play, live: KubeObject, manager: string, kind: string): Promise<KubeObject> {
  const { http, subject, name, random, schema, tally } = play
  const patch = { metadata: metadataOf(random), ...subject.state(random) }
  if (random.int(3) === 0 && patch.metadata['labels']) patch.metadata['labels'] = { l1: null }
  const patched = kind === 'strategic' ? applyStrategicMergePatch(schema, live, patch) : applyMergePatch(live, patch)
  const expected = await tryDefaulted(play, patched as unknown as KubeObject, true)
  const type = kind === 'strategic' ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json'
  const answer = await http.call('PATCH', `${subject.path}/${name}?fieldManager=${manager}`, patch, type)
  count(tally, kind)
  if (answer.code < 300) {
    const what = `${subject.name} ${kind} patch ${JSON.stringify(patch)} of ${JSON.stringify(content(live))}`
    assert.deepEqual(expected && content(expected), content(asObject(answer.body)), what)
  }
  return await written(play, live, answer, manager, '', patch)
}

export async function createStep(play: Play): Promise<KubeObject> {
  const { http, subject, random, schema, tally } = play
  const body = configOf(play, subject.complete(random))
  const answer = await http.call('POST', `${subject.path}?fieldManager=u0`, body)
  assert.equal(answer.code, 201, JSON.stringify(answer.body))
  const real = asObject(answer.body)
  const { managedFields: _, ...metadata } = real.metadata
  const ours = trackUpdate({
    next: { ...withoutAllocated(real), metadata },
    manager: 'u0',
    schema,
    now,
    apiVersion: subject.apiVersion,
    statusSubresource: subject.statusSubresource,
  })
  sameOwners(ours, real, `${subject.name} create ${JSON.stringify(body)}`)
  count(tally, 'create')
  return real
}

/** Addresses are given to a service after its owners are worked out. */
function withoutAllocated(object: KubeObject): KubeObject {
  if (object.kind !== 'Service') return object
  const spec = Object.entries(object['spec'] as Record<string, unknown>)
  const allocated = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']
  return { ...object, spec: Object.fromEntries(spec.filter(([field]) => !allocated.includes(field))) }
}
