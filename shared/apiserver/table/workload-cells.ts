// What kubectl prints of controllers that run pods.
import type { JsonObject } from '../../api/json.ts'
import {
  age,
  at,
  boolean,
  type CellWriter,
  condition,
  containers,
  items,
  labels,
  map,
  name,
  none,
  number,
  or,
  selector,
  text,
} from './cells.ts'
import { ageOf, humanDuration } from './duration.ts'

const template = (object: JsonObject) => at(object, 'spec', 'template', 'spec')
const podSelector = (object: JsonObject) => selector(at(object, 'spec', 'selector'))
const replicas = (object: JsonObject) => number(object, 'spec', 'replicas')

export const deploymentCells: CellWriter = (object, now) => [
  name(object),
  `${number(object, 'status', 'readyReplicas')}/${replicas(object)}`,
  number(object, 'status', 'updatedReplicas'),
  number(object, 'status', 'availableReplicas'),
  age(object, now),
  ...containers(template(object)),
  podSelector(object),
]

export const statefulSetCells: CellWriter = (object, now) => [
  name(object),
  `${number(object, 'status', 'readyReplicas')}/${replicas(object)}`,
  age(object, now),
  ...containers(template(object)),
]

export const daemonSetCells: CellWriter = (object, now) => [
  name(object),
  number(object, 'status', 'desiredNumberScheduled'),
  number(object, 'status', 'currentNumberScheduled'),
  number(object, 'status', 'numberReady'),
  number(object, 'status', 'updatedNumberScheduled'),
  number(object, 'status', 'numberAvailable'),
  labels(map(template(object), 'nodeSelector')),
  age(object, now),
  ...containers(template(object)),
  podSelector(object),
]

export const replicaSetCells: CellWriter = (object, now) => [
  name(object),
  replicas(object),
  number(object, 'status', 'replicas'),
  number(object, 'status', 'readyReplicas'),
  age(object, now),
  ...containers(template(object)),
  podSelector(object),
]

export const controllerCells: CellWriter = (object, now) => [
  ...replicaSetCells(object, now).slice(0, -1),
  labels(map(object, 'spec', 'selector')),
]

export const podTemplateCells: CellWriter = (object) => [
  name(object),
  ...containers(at(object, 'template', 'spec')),
  labels(map(object, 'template', 'metadata', 'labels')),
]

export const revisionCells: CellWriter = (object, now) => {
  const owner = items(object, 'metadata', 'ownerReferences').find((reference) => boolean(reference, 'controller'))
  const [group, version] = text(owner, 'apiVersion').split('/')
  const kind = `${text(owner, 'kind')}${version === undefined ? '' : `.${group}`}`.toLowerCase()
  return [
    name(object),
    owner === undefined ? none : `${kind}/${text(owner, 'name')}`,
    number(object, 'revision'),
    age(object, now),
  ]
}

function jobState(object: JsonObject): string {
  const holds = (type: string) => text(condition(object, type), 'status') === 'True'
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return 'Terminating'
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running'
}

function jobCompletions(object: JsonObject): string {
  const succeeded = number(object, 'status', 'succeeded')
  const completions = at(object, 'spec', 'completions')
  if (typeof completions === 'number') return `${succeeded}/${completions}`
  const parallelism = number(object, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function jobDuration(object: JsonObject, now: number): string {
  const start = Date.parse(text(object, 'status', 'startTime'))
  const end = Date.parse(text(object, 'status', 'completionTime'))
  return Number.isNaN(start) ? '' : humanDuration((Number.isNaN(end) ? now : end) - start)
}

export const jobCells: CellWriter = (object, now) => [
  name(object),
  jobState(object),
  jobCompletions(object),
  jobDuration(object, now),
  age(object, now),
  ...containers(template(object)),
  podSelector(object),
]

export const cronJobCells: CellWriter = (object, now) => {
  const last = at(object, 'status', 'lastScheduleTime')
  const job = at(object, 'spec', 'jobTemplate', 'spec')
  return [
    name(object),
    text(object, 'spec', 'schedule'),
    or(text(object, 'spec', 'timeZone')),
    boolean(object, 'spec', 'suspend') === true ? 'True' : 'False',
    items(object, 'status', 'active').length,
    last === undefined ? none : ageOf(last, now),
    age(object, now),
    ...containers(at(job, 'template', 'spec')),
    selector(at(job, 'selector')),
  ]
}

export const disruptionBudgetCells: CellWriter = (object, now) => [
  name(object),
  or(text(object, 'spec', 'minAvailable'), 'N/A'),
  or(text(object, 'spec', 'maxUnavailable'), 'N/A'),
  number(object, 'status', 'disruptionsAllowed'),
  age(object, now),
]

const unknown = '<unknown>'

/** Target and current value of one metric: `cpu: 12%/80%`. */
function metric(spec: JsonObject, status: JsonObject | undefined): string {
  const type = text(spec, 'type')
  const field = `${type.charAt(0).toLowerCase()}${type.slice(1)}`
  const target = map(spec, field, 'target')
  const current = map(status, field, 'current')
  const average = text(target, 'averageValue')
  const named = type === 'Resource' || type === 'ContainerResource' ? `${text(spec, field, 'name')}: ` : ''
  if (average !== '') {
    const suffix = type === 'External' || type === 'Object' ? ' (avg)' : ''
    return `${named}${or(text(current, 'averageValue'), unknown)}/${average}${suffix}`
  }
  if (named === '') return `${or(text(current, 'value'), unknown)}/${text(target, 'value')}`
  const share = text(current, 'averageUtilization')
  const aim = text(target, 'averageUtilization')
  return `${named}${share === '' ? unknown : `${share}%`}/${aim === '' ? '<auto>' : `${aim}%`}`
}

const metricsShown = 2

export const autoscalerCells: CellWriter = (object, now) => {
  const statuses = items(object, 'status', 'currentMetrics')
  const metrics = items(object, 'spec', 'metrics').map((spec, index) => metric(spec, statuses[index]))
  const more = metrics.length - metricsShown
  const shown = metrics.slice(0, metricsShown).join(', ')
  return [
    name(object),
    `${text(object, 'spec', 'scaleTargetRef', 'kind')}/${text(object, 'spec', 'scaleTargetRef', 'name')}`,
    metrics.length === 0 ? none : more > 0 ? `${shown} + ${more} more...` : shown,
    or(text(object, 'spec', 'minReplicas'), '<unset>'),
    number(object, 'spec', 'maxReplicas'),
    number(object, 'status', 'currentReplicas'),
    age(object, now),
  ]
}
