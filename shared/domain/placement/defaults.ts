// Defaults the hub fills in when a placement is written.
import type { ApplyStrategy, PlacementPolicy, PlacementSpec, RolloutStrategy } from '../../api/placement.ts'

/** KubeFleet's defaults. */
export const defaults = {
  revisionHistoryLimit: 10,
  maxUnavailable: '25%',
  maxSurge: '25%',
  unavailablePeriodSeconds: 60,
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
  tolerationOperator: 'Equal',
} as const

/** A placement spec with everything that was left open filled in. What the user wrote stays. */
export function withDefaults(spec: PlacementSpec): PlacementSpec {
  return {
    ...spec,
    policy: withPolicyDefaults(spec.policy),
    strategy: withStrategyDefaults(spec.strategy),
    revisionHistoryLimit: spec.revisionHistoryLimit ?? defaults.revisionHistoryLimit,
  }
}

function withPolicyDefaults(policy: PlacementPolicy | undefined): PlacementPolicy {
  if (!policy) return { placementType: 'PickAll' }
  const { topologySpreadConstraints, tolerations } = policy
  return {
    ...policy,
    ...(topologySpreadConstraints && {
      topologySpreadConstraints: topologySpreadConstraints.map((constraint) => ({
        ...constraint,
        maxSkew: constraint.maxSkew ?? defaults.maxSkew,
        whenUnsatisfiable: constraint.whenUnsatisfiable || defaults.whenUnsatisfiable,
      })),
    }),
    ...(tolerations && {
      tolerations: tolerations.map((toleration) => ({
        ...toleration,
        operator: toleration.operator || defaults.tolerationOperator,
      })),
    }),
  }
}

/** A strategy with defaults. An External rollout has no rolling update numbers. */
export function withStrategyDefaults(strategy: RolloutStrategy | undefined): RolloutStrategy {
  const type = strategy?.type ?? 'RollingUpdate'
  return {
    ...strategy,
    type,
    ...(type === 'RollingUpdate' && {
      rollingUpdate: {
        maxUnavailable: strategy?.rollingUpdate?.maxUnavailable ?? defaults.maxUnavailable,
        maxSurge: strategy?.rollingUpdate?.maxSurge ?? defaults.maxSurge,
        unavailablePeriodSeconds:
          strategy?.rollingUpdate?.unavailablePeriodSeconds ?? defaults.unavailablePeriodSeconds,
      },
    }),
    applyStrategy: withApplyDefaults(strategy?.applyStrategy),
  }
}

/** An apply strategy with defaults; also of a Work. */
export function withApplyDefaults(strategy: ApplyStrategy | undefined): ApplyStrategy {
  const type = strategy?.type ?? 'ClientSideApply'
  return {
    ...strategy,
    type,
    comparisonOption: strategy?.comparisonOption ?? 'PartialComparison',
    whenToApply: strategy?.whenToApply ?? 'Always',
    whenToTakeOver: strategy?.whenToTakeOver ?? 'Always',
    ...(type === 'ServerSideApply' && { serverSideApplyConfig: { force: false, ...strategy?.serverSideApplyConfig } }),
  }
}
