// Staged update runs: a rollout that goes through the fleet in stages, with waits and approvals between them.
// KubeFleet's v1beta1 API; v1alpha1 is its first, smaller form.
import { z } from 'zod'
import { Condition } from './condition.ts'
import { byType, choice, dateTime, type KubeRule, kube } from './kube-meta.ts'
import { ApplyStrategy, IntOrPercent, LabelSelector, NamespacedName } from './placement.ts'

const taskType = choice(['TimedWait', 'Approval'])
export const StageTask = z.object({
  type: kube(z.string(), taskType),
  /** A Go duration such as `1h30m`. */
  waitTime: kube(z.string().optional(), {
    pattern: '^(?:(?:0|[1-9][0-9]*)(\\.[0-9]+)?(?:s|m|h))+$',
    inVersion: { v1alpha1: { pattern: '^(?:0|(?:(?:0|[1-9][0-9]*)(\\.[0-9]+)?(?:s|m|h))+)$' } },
  }),
})
export type StageTask = z.infer<typeof StageTask>

const approvalHasNoWait: KubeRule = {
  rule: "!self.exists(e, e.type == 'Approval' && has(e.waitTime))",
  message: 'AfterStageTaskType is Approval, waitTime is not allowed',
}
export const StageConfig = z.object({
  name: kube(z.string(), { maxLength: 63, pattern: '^[a-z0-9]+$' }),
  labelSelector: LabelSelector.optional(),
  sortingLabelKey: z.string().optional(),
  maxConcurrency: kube(IntOrPercent.optional(), {
    default: 1,
    pattern: '^(100|[1-9][0-9]?)%$',
    rules: [{ rule: 'self == null || type(self) != int || self >= 1', message: 'maxConcurrency must be at least 1' }],
    absentIn: ['v1alpha1'],
  }),
  afterStageTasks: kube(z.array(StageTask).optional(), {
    maxItems: 2,
    rules: [
      approvalHasNoWait,
      {
        rule: "!self.exists(e, e.type == 'TimedWait' && !has(e.waitTime))",
        message: 'AfterStageTaskType is TimedWait, waitTime is required',
      },
    ],
    inVersion: { v1alpha1: { rules: undefined } },
  }),
  beforeStageTasks: kube(z.array(StageTask).optional(), {
    maxItems: 1,
    rules: [
      approvalHasNoWait,
      { rule: "!self.exists(e, e.type == 'TimedWait')", message: 'BeforeStageTaskType cannot be TimedWait' },
    ],
    absentIn: ['v1alpha1'],
  }),
})
export type StageConfig = z.infer<typeof StageConfig>
export const StagedUpdateStrategySpec = z.object({ stages: kube(z.array(StageConfig), { maxItems: 31 }) })
export type StagedUpdateStrategySpec = z.infer<typeof StagedUpdateStrategySpec>

const stays = (field: string): readonly KubeRule[] => [{ rule: 'self == oldSelf', message: `${field} is immutable` }]
const never = (from: string, to: string): KubeRule => ({
  rule: `!(has(oldSelf.state) && oldSelf.state == '${from}' && self.state == '${to}')`,
  message: `invalid state transition: cannot transition from ${from} to ${to}`,
})
const first = { v1alpha1: { rules: undefined } }
export const StagedUpdateRunSpec = kube(
  z.object({
    placementName: kube(z.string(), { maxLength: 255, rules: stays('placementName'), inVersion: first }),
    stagedRolloutStrategyName: kube(z.string(), { rules: stays('stagedRolloutStrategyName'), inVersion: first }),
    resourceSnapshotIndex: kube(z.string().optional(), {
      rules: stays('resourceSnapshotIndex'),
      inVersion: { v1alpha1: { rules: undefined, required: true } },
    }),
    state: kube(z.enum(['Initialize', 'Run', 'Stop']).optional(), { default: 'Initialize', absentIn: ['v1alpha1'] }),
  }),
  {
    rules: [never('Initialize', 'Stop'), never('Run', 'Initialize'), never('Stop', 'Initialize')],
    inVersion: { v1alpha1: { rules: stays('The spec field') } },
  },
)
export type StagedUpdateRunSpec = z.infer<typeof StagedUpdateRunSpec>

const conditions = kube(z.array(Condition).optional(), byType)
export const StageTaskStatus = z.object({
  type: kube(z.string(), taskType),
  approvalRequestName: z.string().optional(),
  conditions,
})
export type StageTaskStatus = z.infer<typeof StageTaskStatus>
export const ClusterUpdatingStatus = z.object({
  clusterName: z.string(),
  resourceOverrideSnapshots: z.array(NamespacedName).optional(),
  clusterResourceOverrideSnapshots: z.array(z.string()).optional(),
  conditions,
})
export type ClusterUpdatingStatus = z.infer<typeof ClusterUpdatingStatus>
export const StageUpdatingStatus = z.object({
  stageName: z.string(),
  clusters: z.array(ClusterUpdatingStatus),
  afterStageTaskStatus: kube(z.array(StageTaskStatus).optional(), { maxItems: 2 }),
  beforeStageTaskStatus: kube(z.array(StageTaskStatus).optional(), { maxItems: 1, absentIn: ['v1alpha1'] }),
  startTime: kube(z.string().optional(), dateTime),
  endTime: kube(z.string().optional(), dateTime),
  conditions,
})
export type StageUpdatingStatus = z.infer<typeof StageUpdatingStatus>
export const StagedUpdateRunStatus = z.object({
  policySnapshotIndexUsed: z.string().optional(),
  policyObservedClusterCount: z.number().int().optional(),
  resourceSnapshotIndexUsed: kube(z.string().optional(), { absentIn: ['v1alpha1'] }),
  appliedStrategy: ApplyStrategy.optional(),
  stagedUpdateStrategySnapshot: StagedUpdateStrategySpec.optional(),
  stagesStatus: z.array(StageUpdatingStatus).optional(),
  deletionStageStatus: StageUpdatingStatus.optional(),
  conditions,
})
export type StagedUpdateRunStatus = z.infer<typeof StagedUpdateRunStatus>

export const ApprovalRequestSpec = kube(z.object({ parentStageRollout: z.string(), targetStage: z.string() }), {
  rules: stays('The spec field'),
})
export type ApprovalRequestSpec = z.infer<typeof ApprovalRequestSpec>
