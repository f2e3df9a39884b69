import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { JsonObject } from '../../../../shared/api/json.ts'
import { builtinKinds } from '../../../../shared/apiserver/builtin/builtin-kinds.ts'
import type { ServedKind } from '../../../../shared/apiserver/kind.ts'
import { builtinCells } from '../../../../shared/apiserver/table/builtin-cells.ts'
import { humanDuration } from '../../../../shared/apiserver/table/duration.ts'
import { parseJsonPath } from '../../../../shared/apiserver/table/json-path.ts'
import { renderTable } from '../../../../shared/apiserver/table/table.ts'

const now = Date.parse('2024-01-02T03:04:05Z')
const created = '2024-01-02T03:02:00Z'

function kindOf(name: string, group?: string): ServedKind {
  const found = builtinKinds.find((kind) => kind.kind === name && (group === undefined || kind.group === group))
  assert.ok(found, name)
  return found
}

function cells(kind: ServedKind, object: JsonObject): readonly unknown[] {
  const metadata = { name: 'a', creationTimestamp: created, ...(object['metadata'] as JsonObject | undefined) }
  const table = renderTable(kind, [{ ...object, metadata }], { includeObject: 'None', listMeta: {}, now })
  const [row] = table['rows'] as readonly { cells: readonly unknown[] }[]
  return row?.cells ?? []
}

describe('ages', () => {
  const s = 1000
  const [m, h, d] = [60 * s, 3600 * s, 86_400 * s]
  const cases: readonly (readonly [number, string])[] = [
    [-3 * s, '<invalid>'],
    [-1 * s, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [120 * s, '2m'],
    [3 * m + 12 * s, '3m12s'],
    [10 * m + 5 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + 4 * m, '3h4m'],
    [9 * h + 59 * m, '9h'],
    [47 * h, '47h'],
    [2 * d + 3 * h, '2d3h'],
    [8 * d + 3 * h, '8d'],
    [729 * d, '729d'],
    [3 * 365 * d + 20 * d, '3y20d'],
    [9 * 365 * d, '9y'],
  ]
  for (const [span, text] of cases) test(text, () => assert.equal(humanDuration(span), text))
})

describe('paths of columns', () => {
  const object = {
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Synced', status: 'False', n: 3 },
      ],
    },
    'a.b': 1,
    m: { x: 1, y: 2 },
  }
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    ['.status.conditions[0].type', ['Ready']],
    ['.status.conditions[-1].type', ['Synced']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ["{.status.conditions[?(@.type=='Synced')].status}", ['False']],
    ['.status.conditions[?(@.n>2)].type', ['Synced']],
    ['.status.conditions[?(@.n)].type', ['Synced']],
    ['.status.conditions[*].type', ['Ready', 'Synced']],
    ['.status.conditions[0:1].type', ['Ready']],
    ['.a\\.b', [1]],
    ["['a.b']", [1]],
    ['.m.*', [1, 2]],
    ['..type', ['Ready', 'Synced']],
    ['.missing.deep', []],
    ['.constructor', []],
  ]
  for (const [path, found] of cases) test(path, () => assert.deepEqual(parseJsonPath(path).find(object), found))
  for (const path of ['.a[', '.a[?(x)]', '.a[?(@.b==c)]', '.a[0:3:0]', 'a b', `.${'a'.repeat(2000)}`]) {
    test(`refused: ${path.slice(0, 20)}`, () => assert.throws(() => parseJsonPath(path), { name: 'InvalidInputError' }))
  }
})

describe('built-in kinds', () => {
  test('every listed kind has as many cells as columns, even for an empty object', () => {
    for (const kind of builtinKinds.filter((kind) => !kind.virtual)) {
      assert.ok(builtinCells(kind), `${kind.kind} has cells`)
      assert.equal(cells(kind, {}).length, kind.columns.length, kind.kind)
    }
  })

  test('a deployment', () => {
    const spec = {
      replicas: 3,
      selector: {
        matchLabels: { app: 'web' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }],
      },
      template: {
        spec: {
          containers: [
            { name: 'web', image: 'web:1' },
            { name: 'log', image: 'log' },
          ],
        },
      },
    }
    const status = { readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1 }
    assert.deepEqual(cells(kindOf('Deployment'), { spec, status }), [
      'a',
      '1/3',
      2,
      1,
      '2m5s',
      'web,log',
      'web:1,log',
      'app=web,tier in (a,b)',
    ])
  })

  const pods: readonly (readonly [name: string, pod: JsonObject, shown: readonly unknown[]])[] = [
    [
      'running with a sidecar and restarts',
      {
        spec: { nodeName: 'n', initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'w' }] },
        status: {
          phase: 'Running',
          podIP: '10.0.0.1',
          initContainerStatuses: [{ name: 's', started: true, ready: true, restartCount: 1, state: { running: {} } }],
          containerStatuses: [
            {
              name: 'w',
              ready: true,
              restartCount: 2,
              state: { running: {} },
              lastState: { terminated: { finishedAt: created } },
            },
          ],
        },
      },
      ['a', '2/2', 'Running', '3 (2m5s ago)', '2m5s', '10.0.0.1', 'n', '<none>', '<none>'],
    ],
    [
      'held up by an init container',
      {
        spec: { initContainers: [{ name: 'i' }, { name: 'j' }], containers: [{ name: 'w' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', state: { terminated: { exitCode: 0 } } },
            { name: 'j', restartCount: 4, state: { waiting: { reason: 'PodInitializing' } } },
          ],
        },
      },
      ['a', '0/1', 'Init:1/2', '4', '2m5s', '<none>', '<none>', '<none>', '<none>'],
    ],
    [
      'failing',
      {
        spec: { containers: [{ name: 'w' }] },
        status: {
          phase: 'Running',
          containerStatuses: [{ name: 'w', restartCount: 9, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
        },
      },
      ['a', '0/1', 'CrashLoopBackOff', '9', '2m5s', '<none>', '<none>', '<none>', '<none>'],
    ],
    [
      'done, with one that failed',
      {
        spec: { containers: [{ name: 'w' }, { name: 'x' }] },
        status: {
          phase: 'Failed',
          containerStatuses: [
            { name: 'w', state: { terminated: { exitCode: 0, reason: 'Completed' } } },
            { name: 'x', state: { terminated: { exitCode: 3 } } },
          ],
        },
      },
      ['a', '0/2', 'ExitCode:3', '0', '2m5s', '<none>', '<none>', '<none>', '<none>'],
    ],
    [
      'being deleted',
      { metadata: { deletionTimestamp: created }, spec: { containers: [{ name: 'w' }] }, status: { phase: 'Running' } },
      ['a', '0/1', 'Terminating', '0', '2m5s', '<none>', '<none>', '<none>', '<none>'],
    ],
  ]
  for (const [name, pod, shown] of pods)
    test(`a pod: ${name}`, () => assert.deepEqual(cells(kindOf('Pod'), pod), shown))

  test('services by type', () => {
    const service = kindOf('Service')
    const ports = [
      { port: 80, protocol: 'TCP' },
      { port: 53, nodePort: 30053, protocol: 'UDP' },
    ]
    assert.deepEqual(cells(service, { spec: { type: 'NodePort', clusterIPs: ['10.0.0.1'], ports } }), [
      'a',
      'NodePort',
      '10.0.0.1',
      '<none>',
      '80/TCP,53:30053/UDP',
      '2m5s',
      '<none>',
    ])
    assert.equal(cells(service, { spec: { type: 'LoadBalancer', ports } })[3], '<pending>')
    assert.equal(cells(service, { spec: { type: 'ExternalName', externalName: 'x.y' } })[3], 'x.y')
  })

  test('nodes, jobs and autoscalers', () => {
    const node = {
      metadata: { labels: { 'node-role.kubernetes.io/edge': '' } },
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'Ready', status: 'False' }], nodeInfo: { kubeletVersion: 'v1' } },
    }
    assert.deepEqual(cells(kindOf('Node'), node).slice(1, 5), ['NotReady,SchedulingDisabled', 'edge', '2m5s', 'v1'])
    const job = { spec: { completions: 4 }, status: { succeeded: 2, startTime: '2024-01-02T03:00:05Z' } }
    assert.deepEqual(cells(kindOf('Job'), job).slice(1, 4), ['Running', '2/4', '4m'])
    const scaler = {
      spec: {
        maxReplicas: 9,
        scaleTargetRef: { kind: 'Deployment', name: 'w' },
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 80 } } }],
      },
      status: {
        currentReplicas: 3,
        currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12 } } }],
      },
    }
    assert.deepEqual(cells(kindOf('HorizontalPodAutoscaler'), scaler), [
      'a',
      'Deployment/w',
      'cpu: 12%/80%',
      '<unset>',
      9,
      3,
      '2m5s',
    ])
  })

  test('both views of an event print the same', () => {
    const core = {
      type: 'Normal',
      reason: 'R',
      message: ' hi ',
      involvedObject: { kind: 'Pod', name: 'p' },
      lastTimestamp: created,
      firstTimestamp: created,
      count: 2,
    }
    const newer = {
      type: 'Normal',
      reason: 'R',
      note: ' hi ',
      regarding: { kind: 'Pod', name: 'p' },
      deprecatedLastTimestamp: created,
      deprecatedFirstTimestamp: created,
      deprecatedCount: 2,
    }
    const shown = cells(kindOf('Event', ''), core)
    assert.deepEqual(shown, ['2m5s', 'Normal', 'R', 'pod/p', '', '', 'hi', '2m5s', 2, 'a'])
    assert.deepEqual(cells(kindOf('Event', 'events.k8s.io'), newer), shown)
  })
})

describe('custom resources', () => {
  const base: ServedKind = { ...kindOf('ConfigMap'), origin: 'custom', group: 'demo.io', kind: 'Widget', columns: [] }
  const columns = [
    { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status', priority: 1 },
    { name: 'Since', type: 'date', jsonPath: '.status.since' },
    { name: 'Broken', type: 'string', jsonPath: '.a[' },
  ]

  test('without columns: name and age', () => {
    assert.deepEqual(cells(base, {}), ['a', '2m5s'])
  })

  test('columns take the type they promise, and null for anything else', () => {
    const kind = { ...base, columns }
    const status = { conditions: [{ type: 'Ready', status: 'True' }], since: created }
    assert.deepEqual(cells(kind, { spec: { size: 3 }, status }), ['a', 3, 'True', '2m5s', null])
    assert.deepEqual(cells(kind, { spec: { size: 'x' } }), ['a', null, null, null, null])
  })

  test('the object in a row is what was asked for', () => {
    const object = { metadata: { name: 'a', labels: { l: 'v' } }, spec: {} }
    const row = (includeObject: 'None' | 'Metadata' | 'Object') => {
      const table = renderTable(base, [object], {
        includeObject,
        listMeta: { resourceVersion: '7' },
        now,
        columnDefinitions: false,
      })
      assert.equal(table['columnDefinitions'], null)
      assert.deepEqual(table['metadata'], { resourceVersion: '7' })
      return (table['rows'] as readonly JsonObject[])[0]?.['object']
    }
    assert.equal(row('None'), null)
    assert.deepEqual(row('Object'), object)
    assert.deepEqual(row('Metadata'), {
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: object.metadata,
    })
  })
})
