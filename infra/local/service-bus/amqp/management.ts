// The operations on `<entity>/$management`. Names and shapes are those the Azure SDKs use, their misspellings included.
import { BusError } from '../core/bus-error.ts'
import type { Destination } from '../core/entity.ts'
import { tokenBytes, tokenOf } from '../core/lock-token.ts'
import { parseMessage } from '../core/message.ts'
import type { Entity, Receivable } from '../core/namespace.ts'
import { encodeQueued, type Outcome } from '../core/queued-message.ts'
import { SessionQueue } from '../core/session-queue.ts'
import { encodeProperties, faultOf } from './receiving-link.ts'
import { RequestBody } from './request-body.ts'
import type { Reply } from './request-links.ts'
import { types } from './rhea-server.ts'
import type { RheaMessage, Typed } from './rhea-types.ts'
import { readRule, writeRules } from './rule-codec.ts'

interface Request {
  readonly body: RequestBody
  readonly entity: Entity
  /** Name of the link on whose behalf the request is made, when it says so. */
  readonly link: string | undefined
  now(): number
  newToken(): string
}

/** The body of the answer; `undefined` says that nothing was found (204). */
type Answer = Readonly<Record<string, Typed>> | undefined
type Operation = (request: Request) => Answer

const timestampCode = 0x83
const longCode = 0x81

function queueOf({ entity }: Request): Receivable {
  if (entity.kind !== 'topic') return entity.queue
  throw new BusError('amqp:not-allowed', `'${entity.path}' is a topic; receive from one of its subscriptions.`)
}

function sessionQueueOf(request: Request): SessionQueue {
  const queue = queueOf(request)
  if (queue instanceof SessionQueue) return queue
  throw new BusError('amqp:not-allowed', `'${queue.settings.path}' does not require sessions.`)
}

function destinationOf({ entity }: Request): Destination {
  if (entity.kind === 'topic') return entity.topic
  if (entity.kind === 'queue') return entity.queue
  throw new BusError('amqp:not-allowed', `'${entity.path}' cannot be sent to; send to its queue or topic.`)
}

function renewLock(request: Request): Answer {
  const queue = queueOf(request)
  if (queue instanceof SessionQueue) {
    throw new BusError(
      'amqp:not-allowed',
      `'${queue.settings.path}' requires sessions: renew the session's lock instead.`,
    )
  }
  const until = queue.renew(request.body.uuids('lock-tokens').map(tokenOf))
  return { expirations: types.wrap_array(until, timestampCode) }
}

function renewSessionLock(request: Request): Answer {
  const until = sessionQueueOf(request).renewSession(request.body.text('session-id'), request.link)
  return { expiration: types.wrap_timestamp(until) }
}

function getSessionState(request: Request): Answer {
  const state = sessionQueueOf(request).sessionState(request.body.text('session-id'), request.link)
  return { 'session-state': state === undefined ? types.wrap(null) : types.wrap_binary(state) }
}

function setSessionState(request: Request): Answer {
  const state = request.body.optionalBytes('session-state')
  const kept = state === undefined ? undefined : Buffer.from(state)
  sessionQueueOf(request).setSessionState(request.body.text('session-id'), kept, request.link)
  return {}
}

function scheduleMessage(request: Request): Answer {
  const destination = destinationOf(request)
  const contents = request.body
    .maps('messages')
    .map((entry) => parseMessage(Buffer.from(entry.bytes('message')), request.newToken))
  for (const content of contents) destination.check(content)
  const sequences = contents.map((content) => destination.schedule(content, content.scheduledForMs ?? request.now()))
  return { 'sequence-numbers': types.wrap_array(sequences, longCode) }
}

function cancelScheduledMessage(request: Request): Answer {
  destinationOf(request).cancelScheduled(request.body.longs('sequence-numbers'))
  return {}
}

function peekMessage(request: Request): Answer {
  const { body } = request
  const messages = queueOf(request).peek(
    body.long('from-sequence-number'),
    body.long('message-count'),
    body.optionalText('session-id'),
  )
  if (messages.length === 0) return undefined
  const withBody = body.optionalFlag('omit-message-body') !== true
  return {
    messages: types.wrap_list(
      messages.map((message) => ({ message: types.wrap_binary(encodeQueued(message, { tellState: true, withBody })) })),
    ),
  }
}

function receiveBySequenceNumber(request: Request): Answer {
  const { body, link } = request
  const queue = queueOf(request)
  const sessionId = body.optionalText('session-id')
  if (queue instanceof SessionQueue) queue.checkOwner(sessionId ?? '', link)
  const mode = body.long('receiver-settle-mode') === 0 ? 'delete' : 'lock'
  const messages = queue.receiveDeferred(body.longs('sequence-numbers'), mode, sessionId)
  return {
    messages: types.wrap_list(
      messages.map((message) => ({
        message: types.wrap_binary(encodeQueued(message, { tellState: true })),
        ...(message.lock === undefined ? {} : { 'lock-token': types.wrap_uuid(tokenBytes(message.lock.token)) }),
      })),
    ),
  }
}

function outcomeOf(body: RequestBody): Outcome {
  const status = body.text('disposition-status')
  const properties = encodeProperties(body.optionalRecord('properties-to-modify'))
  switch (status) {
    case 'completed':
      return { kind: 'complete' }
    case 'abandoned':
      return { kind: 'abandon', properties }
    case 'defered':
      return { kind: 'defer', properties }
    case 'suspended':
      return {
        kind: 'dead-letter',
        reason: body.optionalText('deadletter-reason'),
        description: body.optionalText('deadletter-description'),
        properties,
      }
    default:
      throw new BusError(
        'com.microsoft:argument-error',
        `disposition-status is '${status}'; completed, abandoned, defered and suspended are allowed.`,
      )
  }
}

function updateDisposition(request: Request): Answer {
  const queue = queueOf(request)
  const outcome = outcomeOf(request.body)
  const tokens = request.body.uuids('lock-tokens').map(tokenOf)
  for (const token of tokens) queue.locked(token)
  for (const token of tokens) queue.settle(token, outcome)
  return {}
}

function getMessageSessions(request: Request): Answer {
  const skip = request.body.long('skip')
  const ids = sessionQueueOf(request).sessionIds(skip, request.body.long('top'))
  if (ids.length === 0) return undefined
  return { skip: types.wrap_int(skip + ids.length), 'sessions-ids': types.wrap_list(ids) }
}

function rulesOf({ entity }: Request) {
  if (entity.kind !== 'topic' && entity.rules !== undefined) return entity.rules
  throw new BusError('amqp:not-allowed', `'${entity.path}' is no subscription and has no rules.`)
}

function addRule(request: Request): Answer {
  rulesOf(request).add(readRule(request.body.text('rule-name'), request.body.map('rule-description')))
  return {}
}

function removeRule(request: Request): Answer {
  rulesOf(request).remove(request.body.text('rule-name'))
  return {}
}

function enumerateRules(request: Request): Answer {
  const skip = request.body.long('skip')
  const rules = rulesOf(request)
    .list()
    .slice(skip, skip + request.body.long('top'))
  return rules.length === 0 ? undefined : { rules: writeRules(rules) }
}

const operations: ReadonlyMap<string, Operation> = new Map([
  ['com.microsoft:renew-lock', renewLock],
  ['com.microsoft:renew-session-lock', renewSessionLock],
  ['com.microsoft:get-session-state', getSessionState],
  ['com.microsoft:set-session-state', setSessionState],
  ['com.microsoft:schedule-message', scheduleMessage],
  ['com.microsoft:cancel-scheduled-message', cancelScheduledMessage],
  ['com.microsoft:peek-message', peekMessage],
  ['com.microsoft:receive-by-sequence-number', receiveBySequenceNumber],
  ['com.microsoft:update-disposition', updateDisposition],
  ['com.microsoft:get-message-sessions', getMessageSessions],
  ['com.microsoft:add-rule', addRule],
  ['com.microsoft:remove-rule', removeRule],
  ['com.microsoft:enumerate-rules', enumerateRules],
])

function success(answer: Answer): Reply {
  const code = answer === undefined ? 204 : 200
  return {
    application_properties: { statusCode: types.wrap_int(code), statusDescription: code === 200 ? 'OK' : 'No Content' },
    body: answer ?? {},
  }
}

/** The reply for a refusal. */
export function failure(error: unknown): Reply {
  const { condition, description } = faultOf(error)
  const code = error instanceof BusError ? error.statusCode : 500
  return {
    application_properties: {
      statusCode: types.wrap_int(code),
      statusDescription: description,
      errorCondition: types.wrap_symbol(condition),
    },
    body: {},
  }
}

/** Carries out one request; a refusal is a reply too. */
export function manage(
  message: RheaMessage,
  entity: Entity,
  surroundings: { now(): number; newToken(): string },
): Reply {
  try {
    const properties = message.application_properties ?? {}
    const name = String(properties['operation'])
    const operation = operations.get(name)
    if (operation === undefined) {
      throw new BusError(
        'amqp:not-implemented',
        `The operation '${name}' is not known; there are ${[...operations.keys()].join(', ')}.`,
      )
    }
    const link = properties['associated-link-name']
    const { now, newToken } = surroundings
    const body = new RequestBody(message.body)
    return success(operation({ body, entity, link: typeof link === 'string' ? link : undefined, now, newToken }))
  } catch (error) {
    return failure(error)
  }
}
