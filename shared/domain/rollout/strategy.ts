// The rollout and apply settings of a placement with their defaults filled in. Defaults are KubeFleet's.
import type { ApplyStrategy, Placement } from '../../api/placement.ts'

/** 25 % of the target may be unavailable, or be added, at a time; 60 s until untrackable objects count as ready. */
const rollingDefaults = { maxUnavailable: '25%', maxSurge: '25%', unavailablePeriodSeconds: 60 }

export interface EffectiveRolling {
  readonly maxUnavailable: number | string
  readonly maxSurge: number | string
  readonly unavailablePeriodMs: number
}

/** The rolling update settings of a placement. */
export function effectiveRolling(placement: Placement): EffectiveRolling {
  const given = placement.spec.strategy?.rollingUpdate
  return {
    maxUnavailable: given?.maxUnavailable ?? rollingDefaults.maxUnavailable,
    maxSurge: given?.maxSurge ?? rollingDefaults.maxSurge,
    unavailablePeriodMs: (given?.unavailablePeriodSeconds ?? rollingDefaults.unavailablePeriodSeconds) * 1000,
  }
}

type Defaulted = 'type' | 'comparisonOption' | 'whenToApply' | 'whenToTakeOver' | 'allowCoOwnership'
/** An apply strategy in which every setting that has a default is there. */
export type EffectiveApplyStrategy = Omit<ApplyStrategy, Defaulted> & {
  readonly [Setting in Defaulted]: NonNullable<ApplyStrategy[Setting]>
}

/** An apply strategy with its defaults. `serverSideApplyConfig` exists for server-side apply only. */
export function effectiveApplyStrategy(given: ApplyStrategy | undefined): EffectiveApplyStrategy {
  const type = given?.type ?? 'ClientSideApply'
  return {
    type,
    comparisonOption: given?.comparisonOption ?? 'PartialComparison',
    whenToApply: given?.whenToApply ?? 'Always',
    whenToTakeOver: given?.whenToTakeOver ?? 'Always',
    allowCoOwnership: given?.allowCoOwnership ?? false,
    ...(type === 'ServerSideApply'
      ? { serverSideApplyConfig: { force: given?.serverSideApplyConfig?.force ?? false } }
      : given?.serverSideApplyConfig && { serverSideApplyConfig: given.serverSideApplyConfig }),
  }
}

/** Whether two apply strategies say the same, field by field; an absent field is its type's zero value. */
export function sameApplyStrategy(a: ApplyStrategy | undefined, b: ApplyStrategy | undefined): boolean {
  return (a === undefined) === (b === undefined) && strategyText(a) === strategyText(b)
}

function strategyText(strategy: ApplyStrategy | undefined): string {
  return JSON.stringify([
    strategy?.type ?? '',
    strategy?.comparisonOption ?? '',
    strategy?.whenToApply ?? '',
    strategy?.whenToTakeOver ?? '',
    strategy?.serverSideApplyConfig === undefined ? null : (strategy.serverSideApplyConfig.force ?? false),
    strategy?.allowCoOwnership ?? false,
  ])
}
