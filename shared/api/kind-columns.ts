// What `kubectl get` shows of the fleet's kinds.
import type { KindColumn } from './kind-definition.ts'

/** A column of text. */
export const text = (name: string, jsonPath: string): KindColumn => ({ name, type: 'string', jsonPath })
const wide = (name: string, jsonPath: string): KindColumn => ({ name, type: 'string', jsonPath, priority: 1 })
const date = (name: string, jsonPath: string): KindColumn => ({ name, type: 'date', jsonPath })
/** The generation of the object. */
export const generation = text('Gen', '.metadata.generation')
/** How long ago the object was made. */
export const age = date('Age', '.metadata.creationTimestamp')
/** Where a condition of the status says how it stands. */
export const condition = (type: string, field: 'status' | 'observedGeneration' = 'status') =>
  `.status.conditions[?(@.type=="${type}")].${field}`

/** Of placements; the types of their conditions begin with the kind. */
export const placementColumns = (kind: string): readonly KindColumn[] => [
  generation,
  wide('Type', '.spec.policy.placementType'),
  text('Scheduled', condition(`${kind}Scheduled`)),
  text('Scheduled-Gen', condition(`${kind}Scheduled`, 'observedGeneration')),
  wide('Work-Synchronized', condition(`${kind}WorkSynchronized`)),
  wide('Work-Synchronized-Gen', condition(`${kind}WorkSynchronized`, 'observedGeneration')),
  text('Available', condition(`${kind}Available`)),
  text('Available-Gen', condition(`${kind}Available`, 'observedGeneration')),
  age,
]

/** Of bindings. */
export const bindingColumns = [
  text('WorkSynchronized', condition('WorkSynchronized')),
  text('ResourcesApplied', condition('Applied')),
  wide('ResourceAvailable', condition('Available')),
  age,
]

/** Of staged update runs; the first version does not tell whether a run progresses. */
export const updateRunColumns = (progressing: boolean): readonly KindColumn[] => [
  text('Placement', '.spec.placementName'),
  text('Resource-Snapshot-Index', '.spec.resourceSnapshotIndex'),
  text('Policy-Snapshot-Index', '.status.policySnapshotIndexUsed'),
  text('Initialized', condition('Initialized')),
  ...(progressing ? [text('Progressing', condition('Progressing'))] : []),
  text('Succeeded', condition('Succeeded')),
  age,
  wide('Strategy', '.spec.stagedRolloutStrategyName'),
]

/** Of approval requests. */
export const approvalColumns = [
  text('Update-Run', '.spec.parentStageRollout'),
  text('Stage', '.spec.targetStage'),
  text('Approved', condition('Approved')),
  age,
]

const usage = (kind: string, resource: string) => `.status.resourceUsage.${kind}.${resource}`
/** Of member clusters. */
export const memberColumns = [
  text('Joined', condition('Joined')),
  age,
  date('Member-Agent-Last-Seen', '.status.agentStatus[?(@.type=="MemberAgent")].lastReceivedHeartbeat'),
  text('Node-Count', '.status.properties.kubernetes-fleet\\.io/node-count.value'),
  text('Available-CPU', usage('available', 'cpu')),
  text('Available-Memory', usage('available', 'memory')),
  wide('Allocatable-CPU', usage('allocatable', 'cpu')),
  wide('Allocatable-Memory', usage('allocatable', 'memory')),
]
