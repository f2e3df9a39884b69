// Our CustomResourceDefinitions, taken by a real API server: every schema is structural, every rule compiles, and a
// placement is defaulted and refused there as it is here.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { JsonObject } from '../../../shared/api/json.ts'
import { kinds } from '../../../shared/api/kinds.ts'
import { crdOf } from '../../../shared/apiserver/fleet/crd.ts'
import { fleetKinds } from '../../../shared/apiserver/fleet/fleet-kinds.ts'
import { processKind } from '../../../shared/apiserver/schema/process.ts'
import { type ControlPlanes, startControlPlanes } from '../../support/control-plane.ts'
import { type KubeHttp, kubeHttp } from '../../support/kube-http.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const group = 'placement.kubernetes-fleet.io/v1beta1'
const selector = { group: '', version: 'v1', kind: 'Namespace', name: 'shop' }
const objectOf = (kind: string, spec: JsonObject): JsonObject => ({
  apiVersion: group,
  kind,
  metadata: { name: 'p' },
  spec,
})

const placements: readonly JsonObject[] = [
  { resourceSelectors: [selector] },
  { resourceSelectors: [selector], policy: {} },
  {
    resourceSelectors: [selector],
    policy: { placementType: 'PickN', numberOfClusters: 2, topologySpreadConstraints: [{ topologyKey: 'zone' }] },
  },
  { resourceSelectors: [selector], policy: { placementType: 'PickN' } },
  { resourceSelectors: [selector], policy: { placementType: 'PickFixed', clusterNames: ['a'], numberOfClusters: 1 } },
  { resourceSelectors: [selector], policy: { tolerations: [{ key: 'k' }, { operator: 'Exists', value: 'v' }] } },
  { resourceSelectors: [selector], strategy: { rollingUpdate: { maxSurge: '101%', maxUnavailable: 3 } } },
  { resourceSelectors: [selector], strategy: { type: 'External', applyStrategy: { whenToApply: 'Sometimes' } } },
  { resourceSelectors: [selector], strategy: { reportBackStrategy: { type: 'Mirror' } } },
  { resourceSelectors: [] },
  { resourceSelectors: [{ ...selector, labelSelector: { matchLabels: { a: 'b' } } }] },
  { resourceSelectors: [selector], revisionHistoryLimit: 0 },
  { resourceSelectors: [selector, selector], statusReportingScope: 'NamespaceAccessible' },
  { resourceSelectors: [{ ...selector, selectionScope: 'NamespaceWithResourceSelectors' }, selector] },
  {},
]

const stage = (more: JsonObject): JsonObject => ({ stages: [{ name: 'one', ...more }] })
const override = (rule: JsonObject): JsonObject => ({
  clusterResourceSelectors: [selector],
  policy: { overrideRules: [rule] },
})
const samples: readonly (readonly [kind: string, spec: JsonObject])[] = [
  ...placements.map((spec) => ['ClusterResourcePlacement', spec] as const),
  ...[{}, { maxConcurrency: 0 }, { maxConcurrency: 3 }, { maxConcurrency: '50%' }, { maxConcurrency: '0%' }].map(
    (more) => ['ClusterStagedUpdateStrategy', stage(more)] as const,
  ),
  [
    'ClusterStagedUpdateStrategy',
    stage({ afterStageTasks: [{ type: 'Approval', waitTime: '1h' }, { type: 'TimedWait' }] }),
  ],
  ['ClusterStagedUpdateStrategy', stage({ beforeStageTasks: [{ type: 'TimedWait', waitTime: '1h' }] })],
  ['ClusterResourcePlacementDisruptionBudget', { maxUnavailable: 1 }],
  ['ClusterResourcePlacementDisruptionBudget', { maxUnavailable: '25%' }],
  ['ClusterResourcePlacementDisruptionBudget', { maxUnavailable: '250%' }],
  ['ClusterResourcePlacementDisruptionBudget', { maxUnavailable: -1 }],
  ['ClusterResourcePlacementDisruptionBudget', { maxUnavailable: 1, minAvailable: 1 }],
  ['ClusterResourceOverride', override({ jsonPatchOverrides: [{ op: 'add', path: '/a', value: { b: [1] } }] })],
  ['ClusterResourceOverride', override({ overrideType: 'Delete', clusterSelector: { clusterSelectorTerms: [] } })],
  ['ClusterResourceOverride', { ...override({}), placement: { name: 'p', scope: 'Namespaced' } }],
  ['ClusterResourceOverride', { ...override({}), placement: { name: 'p' } }],
  ['ClusterResourcePlacementEviction', { placementName: 'p', clusterName: 'c' }],
  ['ClusterStagedUpdateRun', { placementName: 'p', stagedRolloutStrategyName: 's' }],
]

describe('our definitions on a real API server', () => {
  let planes: ControlPlanes
  let http: KubeHttp
  before(async () => {
    planes = await startControlPlanes([{ name: 'fleet', controllers: [] }])
    http = kubeHttp(planes.cluster('fleet'))
  })
  after(async () => {
    http?.[Symbol.dispose]()
    await planes?.stop()
  })

  test('all of them are accepted', async () => {
    for (const kind of kinds) {
      const crd = crdOf(kind)
      const annotations = kind.group.endsWith('x-k8s.io')
        ? { 'api-approved.kubernetes.io': 'unapproved, for a test' }
        : {}
      const body = { ...crd, metadata: { ...crd.metadata, annotations } }
      const answer = await http.call('POST', definitions, body)
      assert.equal(answer.code, 201, `${kind.kind}: ${JSON.stringify(answer.body)}`)
    }
  })

  test('objects are defaulted and refused as they are here', async () => {
    for (const [kind, spec] of samples) {
      const served = fleetKinds.find((each) => each.kind === kind && each.version === 'v1beta1')
      assert.ok(served)
      const path = `/apis/${group}/${served.plural}`
      for (let tries = 0; (await http.call('GET', path)).code !== 200; tries += 1) {
        assert.ok(tries < 100, `${served.plural} are served`)
        await delay(100)
      }
      const answer = await http.call('POST', `${path}?dryRun=All`, objectOf(kind, spec))
      const { object, errors } = processKind(served, objectOf(kind, spec), {})
      const what = `${kind} ${JSON.stringify(spec)}`
      assert.equal(
        errors.length === 0,
        answer.code === 201,
        `${what}\nours ${JSON.stringify(errors)}\nreal ${JSON.stringify(answer.body)}`,
      )
      if (answer.code === 201) {
        assert.deepEqual(object['spec'], answer.body['spec'], what)
        continue
      }
      // A remark that more could not be checked complains about no field.
      const fieldOf = ({ field }: { field: string }) => field !== '<nil>'
      const { causes } = answer.body['details'] as { causes: { field: string; message: string }[] }
      const text = ({ field, message }: { field: string; message: string }) => `${field}: ${message}`
      assert.deepEqual(errors.filter(fieldOf).map(text).sort(), causes.filter(fieldOf).map(text).sort(), what)
    }
  })
})
