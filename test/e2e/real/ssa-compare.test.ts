// Server-side apply and strategic merge held against a real API server: random sequences of applies, updates, patches and
// status writes by several managers are played there and in our functions; objects, owners and conflicts must agree.
// HUBLESS_SEED repeats a run, HUBLESS_ROUNDS makes it longer.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { builtinKinds } from '../../../shared/apiserver/builtin/builtin-kinds.ts'
import type { Schema } from '../../../shared/apiserver/schema/schema.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { type KubeHttp, kubeHttp } from '../../support/kube-http.ts'
import { applyStep, createStep, type Play, type Tally, updateStep } from './ssa/play.ts'
import { type Subject, seeded, subjects, widgetDefinition, widgetSchema } from './ssa/subjects.ts'

const seed = Number(process.env['HUBLESS_SEED'] ?? 20_260_101)
const rounds = Number(process.env['HUBLESS_ROUNDS'] ?? 12)
const steps = 14

function schemaOf(subject: Subject): Schema {
  if (subject.name === 'widget') return widgetSchema
  const found = builtinKinds.find((kind) => kind.kind === subject.kind && kind.group === groupOf(subject))
  assert.ok(found?.schema, `${subject.kind} has a schema`)
  return found.schema
}

const groupOf = ({ apiVersion }: Subject) => (apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '')

describe(`server-side apply agrees with a real API server (HUBLESS_SEED=${seed})`, () => {
  let planes: ControlPlanes
  let http: KubeHttp

  before(async () => {
    planes = await startControlPlanes([{ name: 'ssa', controllers: [] }])
    http = kubeHttp(planes.cluster('ssa'))
    const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
    assert.equal((await http.call('POST', crds, widgetDefinition)).code, 201)
    for (let tries = 0; tries < 100; tries += 1) {
      const { code } = await http.call('GET', '/apis/compare.example.com/v1/namespaces/default/widgets')
      if (code === 200) return
      await delay(100)
    }
    assert.fail('widgets are not served')
  })

  after(async () => {
    http?.[Symbol.dispose]()
    await planes?.stop()
  })

  for (const [index, subject] of subjects.entries()) {
    test(`${subject.name}: ${rounds} sequences of ${steps} steps`, async () => {
      const tally: Tally = new Map()
      for (let round = 0; round < rounds; round += 1) {
        const random = seeded(seed + index * 100_003 + round * 1009)
        const play: Play = { http, subject, schema: schemaOf(subject), name: `${subject.name}-${round}`, random, tally }
        await playSequence(play)
      }
      const played = [...tally].map(([what, times]) => `${what} ${times}`).join(', ')
      console.log(`${subject.name}: ${played}`)
      for (const what of ['apply', 'conflict', 'put', 'merge']) {
        assert.ok((tally.get(what) ?? 0) > 0, `no ${what} was played: ${played}`)
      }
    })
  }
})

async function playSequence(play: Play): Promise<void> {
  const { random } = play
  let live = random.int(2) === 0 ? await createStep(play) : await applyStep(play, undefined, true)
  for (let step = 0; step < steps && live; step += 1) {
    live = random.int(5) < 3 ? await applyStep(play, live, random.int(3) === 0) : await updateStep(play, live)
  }
}
