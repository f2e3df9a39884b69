// The table of what a placement may be told about applying, times what it may find on a member. Each cell is a placement
// of one PriorityClass: cluster-scoped, with a field that may change (description), one that may not (value), and labels.
import type { KubeObject } from '../../../../shared/api/kube-object.ts'
import type { ApplyStrategy } from '../../../../shared/api/placement.ts'

export const situations = [
  /** Nothing is there. */
  'absent',
  /** Somebody made it, as it should be. */
  'foreign-same',
  /** Somebody made it, with another description. */
  'foreign-different',
  /** Somebody made it, with a label more. */
  'foreign-extra',
  /** Somebody made it, as it should be, and something else owns it. */
  'foreign-owned',
  'ours-same',
  /** Somebody changed the description of ours. */
  'ours-drifted',
  /** Somebody added a label to ours. */
  'ours-extra',
  /** Something else owns it too. */
  'ours-co-owned',
  /** The hub wants another value, which the API server refuses to change. */
  'immutable-change',
  /** Ours was deleted and is held by a finalizer. */
  'deleting',
] as const
export type Situation = (typeof situations)[number]

/** `SSA!` is server-side apply with force. */
export type Mode = 'CSA' | 'SSA' | 'SSA!' | 'RD'

export interface Cell {
  readonly name: string
  readonly situation: Situation
  readonly mode: Mode
  readonly whenToApply: 'Always' | 'IfNotDrifted'
  readonly whenToTakeOver: 'Always' | 'IfNoDiff' | 'Never'
  readonly comparison: 'Partial' | 'Full'
  readonly allowCoOwnership: boolean
}

type Choice = Omit<Cell, 'name' | 'situation'>

const modes = ['CSA', 'SSA', 'SSA!', 'RD'] as const
const everyChoice: readonly Choice[] = modes.flatMap((mode) =>
  (['Always', 'IfNotDrifted'] as const).flatMap((whenToApply) =>
    (['Always', 'IfNoDiff', 'Never'] as const).flatMap((whenToTakeOver) =>
      (['Partial', 'Full'] as const).flatMap((comparison) =>
        [false, true].map((allowCoOwnership) => ({ mode, whenToApply, whenToTakeOver, comparison, allowCoOwnership })),
      ),
    ),
  ),
)

const forceMatters = new Set<Situation>(['foreign-different', 'ours-drifted'])
const ownersMatter = new Set<Situation>(['foreign-owned', 'ours-co-owned'])
const labelsMatter = new Set<Situation>(['foreign-extra', 'ours-extra'])

/** Every mode, `whenToApply` and `whenToTakeOver` is played everywhere, the other settings where they may matter. */
function isPlayed(situation: Situation, { mode, whenToTakeOver, comparison, allowCoOwnership }: Choice): boolean {
  if (mode === 'SSA!' && !forceMatters.has(situation)) return false
  if (allowCoOwnership && !ownersMatter.has(situation)) return false
  if (labelsMatter.has(situation)) return comparison === 'Full' || whenToTakeOver === 'Always'
  return comparison === 'Partial' || (situation === 'immutable-change' && mode === 'RD')
}

/** Every cell; the name is the placement's and its object's. */
export const cells: readonly Cell[] = situations.flatMap((situation) =>
  everyChoice
    .filter((choice) => isPlayed(situation, choice))
    .map((choice, at) => ({ ...choice, situation, name: `${situation}-${at}` })),
)

export function cellText({ situation, mode, whenToApply, whenToTakeOver, comparison, allowCoOwnership }: Cell): string {
  return `${situation}: ${mode}, apply ${whenToApply}, take over ${whenToTakeOver}, ${comparison}${allowCoOwnership ? ', co-ownership' : ''}`
}

const types = {
  CSA: 'ClientSideApply',
  SSA: 'ServerSideApply',
  'SSA!': 'ServerSideApply',
  RD: 'ReportDiff',
} as const

/** What the placement of a cell says about applying. */
export function applyStrategyOf(cell: Cell): ApplyStrategy {
  return {
    type: types[cell.mode],
    whenToApply: cell.whenToApply,
    whenToTakeOver: cell.whenToTakeOver,
    comparisonOption: cell.comparison === 'Full' ? 'FullComparison' : 'PartialComparison',
    allowCoOwnership: cell.allowCoOwnership,
    ...(cell.mode === 'SSA!' && { serverSideApplyConfig: { force: true } }),
  }
}

/**
 * How a cell begins. What is to be ours is applied first. An object with a label of somebody else's is looked at twice,
 * because what a first round takes over may have drifted for the next. The setting that differs then has no effect.
 */
export function firstStrategyOf(cell: Cell): ApplyStrategy {
  const final = applyStrategyOf(cell)
  const flipped = { ...final, allowCoOwnership: !cell.allowCoOwnership }
  if (!isOurs(cell.situation)) return cell.situation === 'foreign-extra' ? flipped : final
  return { ...flipped, type: cell.mode === 'RD' ? 'ClientSideApply' : types[cell.mode], whenToTakeOver: 'Always' }
}

/** Whether the cell begins with an object this placement has put there. */
export function isOurs(situation: Situation): boolean {
  return situation !== 'absent' && !situation.startsWith('foreign')
}

/** What the hub wants. */
export function wantedObject(name: string, value = 100): KubeObject {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name, labels: { app: 'matrix' } },
    value,
    description: 'wanted',
    preemptionPolicy: 'PreemptLowerPriority',
  }
}

export function placementOf(cell: Cell, applyStrategy: ApplyStrategy): KubeObject {
  return {
    apiVersion: 'placement.kubernetes-fleet.io/v1beta1',
    kind: 'ClusterResourcePlacement',
    metadata: { name: cell.name },
    spec: {
      resourceSelectors: [{ group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', name: cell.name }],
      policy: { placementType: 'PickAll' },
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '100%', maxSurge: '100%', unavailablePeriodSeconds: 1 },
        applyStrategy,
      },
    },
  }
}
