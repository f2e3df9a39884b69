// What a change looks like to one watcher: inside its selection, entering it, or leaving it.
import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject } from '../../api/kube-object.ts'
import type { Change } from '../../ports/object-store.ts'
import { type StatusError, statusBody } from '../http/status-error.ts'
import type { Call } from '../resource/call.ts'
import { partial, table } from '../resource/read.ts'
import type { Selection } from '../resource/selection.ts'
import { asServed } from '../resource/stored-form.ts'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED'

const encoder = new TextEncoder()

/** One event as its own chunk, so that a cut stream never holds half of one more than needed. */
export function encodeEvent(type: EventType | 'BOOKMARK' | 'ERROR', object: JsonObject): Uint8Array {
  return encoder.encode(`${JSON.stringify({ type, object })}\n`)
}

/** A blank line: ignored by every client, flushes headers, keeps connections alive. */
export const heartbeat = encoder.encode('\n')

/** The event of a change for a selection, or undefined when it is none of the watcher's business. */
function eventOf(
  call: Call,
  selection: Selection,
  change: Change,
): { type: EventType; object: KubeObject } | undefined {
  const { namespace } = call.target
  if (namespace !== undefined && change.key.namespace !== namespace) return undefined
  const object = asServed(call.kind, change.object)
  const isIn = change.type !== 'DELETED' && selection.matches(object)
  const previous = change.previous && asServed(call.kind, change.previous)
  const wasIn = previous !== undefined && selection.matches(previous)
  if (isIn) return { type: wasIn ? 'MODIFIED' : 'ADDED', object }
  if (!wasIn) return undefined
  if (change.type === 'DELETED') return { type: 'DELETED', object }
  // As the API server: who leaves the selection is shown as last seen in it, at the version of leaving.
  const metadata = { ...previous.metadata, resourceVersion: object.metadata.resourceVersion }
  return { type: 'DELETED', object: { ...previous, metadata } }
}

/** Turns objects and changes into what one watch shows of them. */
export interface EventRenderer {
  render(object: KubeObject): JsonObject
  /** The event ready to send, or undefined when the selection does not hold it. */
  event(change: Change): Uint8Array | undefined
}

/** Events as they were sent to the first watcher that saw a change; the others who see the same send the same bytes. */
const sent = new WeakMap<Change, Map<string, Uint8Array>>()

/** The first Table of a watch carries the columns, later ones only rows. */
export function eventRenderer(call: Call, selection: Selection): EventRenderer {
  let columns = call.form.as === 'Table'
  const form = [apiVersionOf(call.kind), call.form.as, call.target.query.get('includeObject')].join(' ')
  const render = (object: KubeObject): JsonObject => {
    if (call.form.as === 'PartialObjectMetadata') return partial(object)
    if (call.form.as !== 'Table') return asJson(object)
    const withColumns = columns
    columns = false
    return table(call, [object], { resourceVersion: object.metadata.resourceVersion }, withColumns)
  }
  return {
    render,
    event(change) {
      const event = eventOf(call, selection, change)
      if (!event) return undefined
      const known = sent.get(change) ?? new Map<string, Uint8Array>()
      sent.set(change, known)
      const id = `${form} ${event.type} ${columns}`
      const bytes = known.get(id) ?? encodeEvent(event.type, render(event.object))
      known.set(id, bytes)
      columns = false
      return bytes
    },
  }
}

/** Says only how far the watcher has come. */
export function bookmark(call: Call, revision: number, initialEventsEnd: boolean): Uint8Array {
  const metadata = {
    resourceVersion: String(revision),
    ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
  }
  if (call.form.as === 'Table')
    return encodeEvent('BOOKMARK', table(call, [], { resourceVersion: String(revision) }, false))
  const head =
    call.form.as === 'PartialObjectMetadata'
      ? { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' }
      : { kind: call.kind.kind, apiVersion: apiVersionOf(call.kind) }
  return encodeEvent('BOOKMARK', { ...head, metadata })
}

export function errorEvent(error: StatusError): Uint8Array {
  return encodeEvent('ERROR', statusBody(error))
}
