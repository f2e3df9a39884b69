// Plays all cells at once on one member: what is there first, what the hub wants, what happens in between, and what it
// comes to.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import type { ApplyStrategy, PlacementStatus } from '../../../../shared/api/placement.ts'
import { type ControlPlanes, startControlPlanes } from '../../../support/control-plane.ts'
import { eventually } from '../../../support/eventually.ts'
import { type HubProcess, startHub } from '../../../support/hub-process.ts'
import { type KubeHttp, kubeHttp } from '../../../support/kube-http.ts'
import {
  applyStrategyOf,
  type Cell,
  cells,
  firstStrategyOf,
  placementOf,
  type Situation,
  wantedObject,
} from './cells.ts'

const memberName = 'member-1'
const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
const fleet = '/apis/placement.kubernetes-fleet.io/v1beta1'
/** Requests under way at once. */
const atOnce = 16
/** Nothing but what the cells do may make the hub look: no sweep comes in between. */
const settings = { HUBLESS_SWEEP_SCHEDULE: '0 0 0 1 1 *', HUBLESS_LOG: 'warn' }

export interface Stage extends AsyncDisposable {
  readonly hub: Hub
  readonly member: KubeHttp
  /** How the cells stand, by name. */
  outcomes(): Promise<ReadonlyMap<string, Outcome>>
}

interface Hub {
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
}

/** How a cell ended. */
export interface Outcome {
  readonly object: KubeObject | undefined
  readonly status: PlacementStatus
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'hubless-matrix-'))
  let planes: ControlPlanes | undefined
  let hub: HubProcess | undefined
  const close = async () => {
    await hub?.stop('SIGKILL')
    await planes?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    planes = await startControlPlanes([{ name: memberName }])
    const { kubeconfigPath } = planes.cluster(memberName)
    const args = ['--port', '0', '--members', '0', '--no-example', '--member', `${memberName}=${kubeconfigPath}`]
    hub = await startHub(folder, args, settings)
    const member = kubeHttp(planes.cluster(memberName))
    const api = hubHttp(hub.url)
    return {
      hub: api,
      member,
      outcomes: () => outcomes(api, member),
      [Symbol.asyncDispose]: async () => {
        member[Symbol.dispose]()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

function hubHttp(url: string): Hub {
  return {
    async call(method, path, body) {
      const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const answer = await fetch(`${url}${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': contentType } }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
      return JSON.parse(text) as Record<string, unknown>
    },
  }
}

/** Cells that go on after the first look. */
const secondRound = cells.filter((cell) => !says(firstStrategyOf(cell), applyStrategyOf(cell)))

/** Plays every cell to its end: resolves when the member has been looked at for the last time. */
export async function playCells({ hub, member }: Stage): Promise<void> {
  const write = memberWriter(member)
  const anchor = await write('POST', '/api/v1/namespaces', { metadata: { name: 'anchor' } })
  const uid = (anchor['metadata'] as { uid: string }).uid
  const coOwner = { apiVersion: 'v1', kind: 'Namespace', name: 'anchor', uid }

  await each(cells, async (cell) => {
    const there = foreignObject(cell, coOwner)
    if (there) await write('POST', classes, there)
    await hub.call('POST', classes, wantedObject(cell.name))
    await hub.call('POST', `${fleet}/clusterresourceplacements`, placementOf(cell, firstStrategyOf(cell)))
  })
  await settled(hub, (cell) => ({ applyStrategy: firstStrategyOf(cell), override: false }))

  await each(secondRound, async (cell) => {
    for (const patch of changesOnMember(cell, coOwner)) await write('PATCH', `${classes}/${cell.name}`, patch)
    if (cell.situation === 'deleting') await write('DELETE', `${classes}/${cell.name}`)
    if (isChanged(cell)) await hub.call('POST', `${fleet}/clusterresourceoverrides`, anotherValue(cell))
    const applyStrategy = applyStrategyOf(cell)
    await hub.call('PATCH', `${fleet}/clusterresourceplacements/${cell.name}`, {
      spec: { strategy: { applyStrategy } },
    })
  })
  await settled(hub, (cell) => ({
    applyStrategy: applyStrategyOf(cell),
    override: isChanged(cell),
  }))
}

/** The hub's API server does not let a value change either; for members an override may. */
function anotherValue({ name }: Cell): Record<string, unknown> {
  const rule = {
    clusterSelector: { clusterSelectorTerms: [] },
    jsonPatchOverrides: [{ op: 'replace', path: '/value', value: 200 }],
  }
  return {
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourceOverride',
    metadata: { name },
    spec: {
      placement: { name },
      clusterResourceSelectors: [{ group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', name }],
      policy: { overrideRules: [rule] },
    },
  }
}

function isChanged({ situation }: Cell): boolean {
  return situation === 'immutable-change'
}

function foreignObject(cell: Cell, coOwner: unknown): Record<string, unknown> | undefined {
  const object = wantedObject(cell.name)
  const foreign: Partial<Record<Situation, Record<string, unknown>>> = {
    'foreign-same': object,
    'foreign-different': { ...object, description: 'theirs' },
    'foreign-extra': { ...object, metadata: { name: cell.name, labels: { app: 'matrix', extra: 'theirs' } } },
    'foreign-owned': { ...object, metadata: { ...object.metadata, ownerReferences: [coOwner] } },
  }
  return foreign[cell.situation]
}

/** What somebody does to an object of ours, as merge patches. */
function changesOnMember({ situation }: Cell, coOwner: unknown): readonly Record<string, unknown>[] {
  switch (situation) {
    case 'ours-drifted':
      return [{ description: 'theirs' }]
    case 'ours-extra':
      return [{ metadata: { labels: { extra: 'theirs' } } }]
    case 'ours-co-owned':
      return [{ metadata: { ownerReferences: coOwner } }]
    case 'deleting':
      return [{ metadata: { finalizers: ['example.com/held'] } }]
    default:
      return []
  }
}

/** Writes as `somebody`. A co-owner is added beside the owners there are. */
function memberWriter(member: KubeHttp) {
  const request = async (method: string, path: string, body?: Record<string, unknown>) => {
    const contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const query = method === 'DELETE' ? '' : '?fieldManager=somebody'
    const answer = await member.call(method, `${path}${query}`, body, contentType)
    if (answer.code >= 300) throw new Error(`${method} ${path}: ${answer.code} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  return async (method: string, path: string, body?: Record<string, unknown>) => {
    const coOwner = (body?.['metadata'] as { ownerReferences?: unknown } | undefined)?.ownerReferences
    if (method !== 'PATCH' || coOwner === undefined) return request(method, path, body)
    const { metadata } = (await request('GET', path)) as { metadata: { ownerReferences?: unknown[] } }
    return request(method, path, { metadata: { ownerReferences: [...(metadata.ownerReferences ?? []), coOwner] } })
  }
}

interface Binding {
  readonly metadata: { readonly generation: number; readonly labels: Readonly<Record<string, string>> }
  readonly spec: {
    readonly applyStrategy?: ApplyStrategy
    readonly clusterResourceOverrideSnapshots?: readonly string[]
  }
  readonly status?: { readonly conditions?: readonly { type: string; observedGeneration?: number }[] }
}

/** Waits until the worker has answered, for every cell, to the strategy and the snapshot it is about. */
async function settled(
  hub: Hub,
  about: (cell: Cell) => { readonly applyStrategy: ApplyStrategy; readonly override: boolean },
): Promise<void> {
  await eventually(
    'settled',
    async () => {
      const { items } = (await hub.call('GET', `${fleet}/clusterresourcebindings`)) as { items: Binding[] }
      const byPlacement = new Map(items.map((item) => [item.metadata.labels['kubernetes-fleet.io/parent-CRP'], item]))
      const open = cells.flatMap((cell) => {
        const why = openText(byPlacement.get(cell.name), about(cell), cell)
        return why === undefined ? [] : [`${cell.name} ${why}`]
      })
      if (open.length > 0) throw new Error(`${open.length} cells are open:\n${open.slice(0, 20).join('\n')}`)
    },
    180_000,
    1_000,
  )
}

/** What a binding has not come to yet. */
function openText(
  binding: Binding | undefined,
  { applyStrategy, override }: { readonly applyStrategy: ApplyStrategy; readonly override: boolean },
  { name }: Cell,
): string | undefined {
  if (!binding) return 'has no binding'
  const { spec, metadata, status } = binding
  if (!says(spec.applyStrategy, applyStrategy)) return 'has another strategy'
  const overrides = override ? [`${name}-0`] : []
  if (!isDeepStrictEqual(spec.clusterResourceOverrideSnapshots ?? [], overrides)) return 'has other overrides'
  const answered = status?.conditions?.some(
    ({ type, observedGeneration }) =>
      (type === 'Applied' || type === 'DiffReported') && observedGeneration === metadata.generation,
  )
  return answered ? undefined : `has no answer at ${metadata.generation}: ${JSON.stringify(status?.conditions)}`
}

/** Whether a strategy with its defaults says what was asked for. */
function says(effective: ApplyStrategy | undefined, asked: ApplyStrategy): boolean {
  const fields = ['type', 'whenToApply', 'whenToTakeOver', 'comparisonOption', 'allowCoOwnership'] as const
  return fields.every((field) => effective?.[field] === asked[field])
}

async function outcomes(hub: Hub, member: KubeHttp): Promise<ReadonlyMap<string, Outcome>> {
  const lists = await Promise.all([
    hub.call('GET', `${fleet}/clusterresourceplacements`),
    member.call('GET', classes).then(({ body }) => body),
  ])
  const [placements = [], objects = []] = lists.map((list) => list['items'] as KubeObject[])
  const live = new Map(objects.map((object) => [object.metadata.name, object]))
  return new Map(
    placements.map(({ metadata, ...rest }) => [
      metadata.name ?? '',
      { object: live.get(metadata.name), status: rest['status'] as PlacementStatus },
    ]),
  )
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const runner = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, runner))
}
