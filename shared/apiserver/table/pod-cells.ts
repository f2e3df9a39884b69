// What `kubectl get pods` says of a pod: ready containers, one word for its state, restarts.
import type { JsonObject } from '../../api/json.ts'
import { age, at, boolean, type CellWriter, condition, items, name, number, or, text } from './cells.ts'
import { ageOf } from './duration.ts'

interface Summary {
  readonly ready: number
  readonly reason: string
  readonly restarts: number
  /** RFC 3339, '' when nothing restarted. */
  readonly lastRestart: string
}

const terminatedAt = (status: JsonObject) => text(status, 'lastState', 'terminated', 'finishedAt')
const latest = (a: string, b: string) => (a > b ? a : b)

function ended(status: JsonObject): string {
  const terminated = at(status, 'state', 'terminated')
  const reason = text(terminated, 'reason')
  if (reason !== '') return reason
  const signal = number(terminated, 'signal')
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${number(terminated, 'exitCode')}`
}

/** The first init container that holds the pod up, or undefined when all are through. */
function initReason(pod: JsonObject, sidecars: ReadonlySet<string>): string | undefined {
  const statuses = items(pod, 'status', 'initContainerStatuses')
  for (const [index, status] of statuses.entries()) {
    const terminated = at(status, 'state', 'terminated')
    const waiting = text(status, 'state', 'waiting', 'reason')
    if (terminated !== undefined && number(terminated, 'exitCode') === 0) continue
    if (sidecars.has(text(status, 'name')) && boolean(status, 'started')) continue
    if (terminated !== undefined) return `Init:${ended(status)}`
    if (waiting !== '' && waiting !== 'PodInitializing') return `Init:${waiting}`
    return `Init:${index}/${items(pod, 'spec', 'initContainers').length}`
  }
  return undefined
}

function sum(statuses: readonly JsonObject[]): Pick<Summary, 'restarts' | 'lastRestart'> {
  return {
    restarts: statuses.reduce((total, status) => total + number(status, 'restartCount'), 0),
    lastRestart: statuses.map(terminatedAt).reduce(latest, ''),
  }
}

function isReadyRunning(status: JsonObject): boolean {
  if (text(status, 'state', 'waiting', 'reason') !== '') return false
  if (at(status, 'state', 'terminated') !== undefined) return false
  return boolean(status, 'ready') && at(status, 'state', 'running') !== undefined
}

/** The word for containers that run or have run; the first container has the last word. */
function containerReason(pod: JsonObject, start: string): string {
  const statuses = items(pod, 'status', 'containerStatuses')
  let reason = start
  let failure = ''
  for (const status of statuses.toReversed()) {
    const waiting = text(status, 'state', 'waiting', 'reason')
    if (waiting !== '') reason = waiting
    else if (at(status, 'state', 'terminated') !== undefined) {
      reason = ended(status)
      if (number(status, 'state', 'terminated', 'exitCode') !== 0) failure = reason
    }
  }
  if (reason !== 'Completed') return reason
  const running = statuses.some(isReadyRunning)
  if (running && text(condition(pod, 'Ready'), 'status') === 'True') return 'Running'
  return failure !== '' ? failure : running ? 'NotReady' : reason
}

function summarize(pod: JsonObject): Summary {
  const phase = text(pod, 'status', 'phase')
  const gated = text(condition(pod, 'PodScheduled'), 'reason') === 'SchedulingGated'
  const start = gated ? 'SchedulingGated' : or(text(pod, 'status', 'reason'), phase)
  const sidecars = new Set(
    items(pod, 'spec', 'initContainers')
      .filter((container) => text(container, 'restartPolicy') === 'Always')
      .map((container) => text(container, 'name')),
  )
  const initStatuses = items(pod, 'status', 'initContainerStatuses')
  const sidecarStatuses = initStatuses.filter((status) => sidecars.has(text(status, 'name')))
  const readySidecars = sidecarStatuses.filter(
    (status) => boolean(status, 'started') && boolean(status, 'ready'),
  ).length
  const held = initReason(pod, sidecars)
  if (held !== undefined && text(condition(pod, 'Initialized'), 'status') !== 'True') {
    return { ready: readySidecars, reason: held, ...sum(initStatuses) }
  }
  const statuses = items(pod, 'status', 'containerStatuses')
  return {
    ready: readySidecars + statuses.filter(isReadyRunning).length,
    reason: containerReason(pod, held ?? start),
    ...sum([...sidecarStatuses, ...statuses]),
  }
}

function finalReason(pod: JsonObject, reason: string): string {
  if (at(pod, 'metadata', 'deletionTimestamp') === undefined) return reason
  if (text(pod, 'status', 'reason') === 'NodeLost') return 'Unknown'
  return ['Succeeded', 'Failed'].includes(text(pod, 'status', 'phase')) ? reason : 'Terminating'
}

function readinessGates(pod: JsonObject): string {
  const gates = items(pod, 'spec', 'readinessGates')
  if (gates.length === 0) return '<none>'
  const passed = gates.filter((gate) => text(condition(pod, text(gate, 'conditionType')), 'status') === 'True')
  return `${passed.length}/${gates.length}`
}

export const podCells: CellWriter = (pod, now) => {
  const { ready, reason, restarts, lastRestart } = summarize(pod)
  const sidecars = items(pod, 'spec', 'initContainers').filter(
    (item) => text(item, 'restartPolicy') === 'Always',
  ).length
  const total = items(pod, 'spec', 'containers').length + sidecars
  const ago = restarts > 0 && lastRestart !== '' ? ` (${ageOf(lastRestart, now)} ago)` : ''
  return [
    name(pod),
    `${ready}/${total}`,
    finalReason(pod, reason),
    `${restarts}${ago}`,
    age(pod, now),
    or(text(items(pod, 'status', 'podIPs')[0], 'ip') || text(pod, 'status', 'podIP')),
    or(text(pod, 'spec', 'nodeName')),
    or(text(pod, 'status', 'nominatedNodeName')),
    readinessGates(pod),
  ]
}
