// What the bus refuses, in the words an AMQP peer understands.

/** AMQP conditions the bus answers with, and the HTTP-like code of each on a management reply. */
const statusCodes = {
  'amqp:decode-error': 400,
  'amqp:internal-error': 500,
  'amqp:link:message-size-exceeded': 400,
  'amqp:not-allowed': 400,
  'amqp:not-found': 404,
  'amqp:not-implemented': 501,
  'amqp:precondition-failed': 412,
  'amqp:resource-limit-exceeded': 403,
  'com.microsoft:argument-error': 400,
  'com.microsoft:entity-already-exists': 409,
  'com.microsoft:message-lock-lost': 410,
  'com.microsoft:message-not-found': 404,
  'com.microsoft:session-cannot-be-locked': 409,
  'com.microsoft:session-lock-lost': 410,
  'com.microsoft:timeout': 408,
} as const

export type Condition = keyof typeof statusCodes

/** A refusal. Both condition and message are sent to the client, so the message names the entity and what is allowed. */
export class BusError extends Error {
  override readonly name = 'BusError'
  readonly condition: Condition
  constructor(condition: Condition, message: string) {
    super(message)
    this.condition = condition
  }

  get statusCode(): number {
    return statusCodes[this.condition]
  }
}

/** The sentence by which the Azure SDK recognises a missing entity. */
export function entityNotFound(address: string): BusError {
  return new BusError('amqp:not-found', `The messaging entity '${address}' could not be found.`)
}
