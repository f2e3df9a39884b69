// The status a healthy cluster's controllers would give an object, without the pods in between. The in-memory member and
// the simulated members of the local platform share it.
import { isJsonObject, type Json, type JsonObject } from '../../../api/json.ts'
import { gvkOf, type KubeObject } from '../../../api/kube-object.ts'

/** What a status depends on besides its object. */
export interface ClusterFacts {
  /** RFC 3339, for conditions that change now. */
  readonly now: string
  readonly nodes: number
}

type StatusOf = (object: KubeObject, spec: JsonObject, facts: ClusterFacts) => JsonObject | undefined

const statusByKind: Readonly<Record<string, StatusOf>> = {
  'apps/Deployment': deploymentStatus,
  'apps/StatefulSet': statefulSetStatus,
  'apps/DaemonSet': daemonSetStatus,
  'apps/ReplicaSet': replicaSetStatus,
  'batch/Job': jobStatus,
  '/Pod': podStatus,
  '/Service': serviceStatus,
  '/Namespace': (object) => ({ phase: object.metadata.deletionTimestamp ? 'Terminating' : 'Active' }),
  '/PersistentVolumeClaim': () => ({ phase: 'Bound' }),
  'networking.k8s.io/Ingress': () => ({ loadBalancer: { ingress: [{ ip: loadBalancerIp }] } }),
  'policy/PodDisruptionBudget': disruptionBudgetStatus,
  'apiextensions.k8s.io/CustomResourceDefinition': crdStatus,
}

/** An address nobody has (RFC 5737, for documentation). */
const loadBalancerIp = '192.0.2.10'

/** The status to write, or `undefined` when it already stands there or no controller looks after the kind. */
export function controlledStatus(object: KubeObject, facts: ClusterFacts): JsonObject | undefined {
  const { group, kind } = gvkOf(object)
  const statusOf = Object.hasOwn(statusByKind, `${group}/${kind}`) ? statusByKind[`${group}/${kind}`] : undefined
  const spec = isJsonObject(object['spec']) ? object['spec'] : {}
  const old = isJsonObject(object['status']) ? object['status'] : {}
  const wanted = statusOf?.(object, spec, facts)
  if (!wanted) return undefined
  const status = { ...old, ...wanted, ...keepTransitions(old['conditions'], wanted['conditions']) }
  return JSON.stringify(status) === JSON.stringify(old) ? undefined : status
}

/** A condition that stays what it was keeps its times. */
function keepTransitions(old: Json | undefined, wanted: Json | undefined): JsonObject {
  if (!Array.isArray(wanted)) return {}
  const before = Array.isArray(old) ? old.filter(isJsonObject) : []
  const conditions = wanted.filter(isJsonObject).map((condition) => {
    const same = before.find(({ type, status }) => type === condition['type'] && status === condition['status'])
    if (!same) return condition
    const times = Object.entries(same).filter(([name]) => name.startsWith('last') && Object.hasOwn(condition, name))
    return { ...condition, ...Object.fromEntries(times) }
  })
  return { conditions }
}

const condition = (type: string, up: boolean, reason: string, now: string): JsonObject => ({
  type,
  status: up ? 'True' : 'False',
  reason,
  message: reason,
  lastTransitionTime: now,
})

const count = (value: Json | undefined, otherwise: number) => (typeof value === 'number' ? value : otherwise)
const generationOf = (object: KubeObject) => object.metadata.generation ?? 1

/** An image named so never arrives, which is how tests and demos make a rollout get stuck. */
function pulls(spec: JsonObject): boolean {
  const template = isJsonObject(spec['template']) ? spec['template'] : { spec }
  const podSpec = isJsonObject(template['spec']) ? template['spec'] : {}
  const containers = ['containers', 'initContainers'].flatMap((field) => {
    const list = podSpec[field]
    return Array.isArray(list) ? list.filter(isJsonObject) : []
  })
  return !containers.some(({ image }) => typeof image === 'string' && image.includes('never-pulls'))
}

function deploymentStatus(object: KubeObject, spec: JsonObject, { now }: ClusterFacts): JsonObject {
  const replicas = count(spec['replicas'], 1)
  const up = pulls(spec)
  const ready = up ? replicas : 0
  return {
    observedGeneration: generationOf(object),
    replicas,
    updatedReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: replicas - ready,
    conditions: [
      condition('Available', up, up ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable', now),
      condition('Progressing', true, up ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated', now),
    ],
  }
}

function statefulSetStatus(object: KubeObject, spec: JsonObject): JsonObject {
  const replicas = count(spec['replicas'], 1)
  const ready = pulls(spec) ? replicas : 0
  const revision = `${object.metadata.name}-${generationOf(object)}`
  return {
    observedGeneration: generationOf(object),
    replicas,
    readyReplicas: ready,
    availableReplicas: ready,
    currentReplicas: replicas,
    updatedReplicas: replicas,
    currentRevision: revision,
    updateRevision: revision,
    collisionCount: 0,
  }
}

function daemonSetStatus(object: KubeObject, spec: JsonObject, { nodes }: ClusterFacts): JsonObject {
  const ready = pulls(spec) ? nodes : 0
  return {
    observedGeneration: generationOf(object),
    currentNumberScheduled: nodes,
    desiredNumberScheduled: nodes,
    updatedNumberScheduled: nodes,
    numberMisscheduled: 0,
    numberReady: ready,
    numberAvailable: ready,
    numberUnavailable: nodes - ready,
  }
}

function replicaSetStatus(object: KubeObject, spec: JsonObject): JsonObject {
  const replicas = count(spec['replicas'], 1)
  const ready = pulls(spec) ? replicas : 0
  return {
    observedGeneration: generationOf(object),
    replicas,
    fullyLabeledReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: ready,
  }
}

function jobStatus(object: KubeObject, spec: JsonObject, { now }: ClusterFacts): JsonObject {
  const started = isJsonObject(object['status']) ? (object['status']['startTime'] ?? now) : now
  if (!pulls(spec)) return { active: count(spec['parallelism'], 1), ready: 0, startTime: started }
  const completed = isJsonObject(object['status']) ? (object['status']['completionTime'] ?? now) : now
  return {
    active: 0,
    ready: 0,
    succeeded: count(spec['completions'], 1),
    startTime: started,
    completionTime: completed,
    conditions: [{ ...condition('Complete', true, 'CompletionsReached', now), lastProbeTime: now }],
  }
}

function podStatus(_object: KubeObject, spec: JsonObject, { now }: ClusterFacts): JsonObject {
  const up = pulls(spec)
  return {
    phase: up ? 'Running' : 'Pending',
    conditions: [condition('Ready', up, up ? 'ContainersReady' : 'ContainersNotReady', now)],
  }
}

function serviceStatus(_object: KubeObject, spec: JsonObject): JsonObject {
  return { loadBalancer: spec['type'] === 'LoadBalancer' ? { ingress: [{ ip: loadBalancerIp }] } : {} }
}

function disruptionBudgetStatus(object: KubeObject, _spec: JsonObject, { now }: ClusterFacts): JsonObject {
  return {
    observedGeneration: generationOf(object),
    currentHealthy: 1,
    desiredHealthy: 0,
    expectedPods: 1,
    disruptionsAllowed: 1,
    conditions: [
      { ...condition('DisruptionAllowed', true, 'SufficientPods', now), observedGeneration: generationOf(object) },
    ],
  }
}

function crdStatus(_object: KubeObject, spec: JsonObject, { now }: ClusterFacts): JsonObject {
  const versions = Array.isArray(spec['versions']) ? spec['versions'].filter(isJsonObject) : []
  return {
    acceptedNames: spec['names'] ?? {},
    storedVersions: versions.filter(({ storage }) => storage === true).map(({ name }) => name ?? ''),
    conditions: [
      condition('NamesAccepted', true, 'NoConflicts', now),
      condition('Established', true, 'InitialNamesAccepted', now),
    ],
  }
}
