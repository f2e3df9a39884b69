// What kubectl prints of events, under their core and their events.k8s.io names.
import type { JsonObject } from '../../api/json.ts'
import { at, type CellWriter, map, name, number, text } from './cells.ts'
import { ageOf } from './duration.ts'

function eventSource(object: JsonObject): string {
  const source = map(object, 'source')
  const component = text(source, 'component') || text(object, 'reportingComponent')
  const host = text(source, 'host') || text(object, 'reportingInstance')
  return host === '' ? component : `${component}, ${host}`
}

/** Core events. */
export const eventCells: CellWriter = (object, now) => {
  const first = ageOf(at(object, 'firstTimestamp') ?? at(object, 'eventTime'), now)
  const last = at(object, 'lastTimestamp')
  const series = at(object, 'series')
  const subject = map(object, 'involvedObject')
  const kind = text(subject, 'kind').toLowerCase()
  return [
    series !== undefined ? ageOf(at(series, 'lastObservedTime'), now) : last === undefined ? first : ageOf(last, now),
    text(object, 'type'),
    text(object, 'reason'),
    text(subject, 'name') === '' ? kind : `${kind}/${text(subject, 'name')}`,
    text(subject, 'fieldPath'),
    eventSource(object),
    text(object, 'message').trim(),
    first,
    series !== undefined ? number(series, 'count') : Math.max(1, number(object, 'count')),
    name(object),
  ]
}

/** The same event under its events.k8s.io names. */
export const newEventCells: CellWriter = (object, now) => {
  const core: Record<string, unknown> = {
    metadata: object['metadata'],
    type: object['type'],
    reason: object['reason'],
    message: object['note'],
    involvedObject: object['regarding'],
    source: object['deprecatedSource'],
    firstTimestamp: object['deprecatedFirstTimestamp'],
    lastTimestamp: object['deprecatedLastTimestamp'],
    count: object['deprecatedCount'],
    eventTime: object['eventTime'],
    series: object['series'],
    reportingComponent: object['reportingController'],
    reportingInstance: object['reportingInstance'],
  }
  return eventCells(core as JsonObject, now)
}
