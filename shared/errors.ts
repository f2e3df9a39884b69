// The closed error set. Use cases throw only these; the edges (HTTP, queue) translate them, see the table in each class comment.

/** The caller's input cannot be accepted. HTTP 400/422; a message is parked with the reason; a condition turns False. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError'
}

/** The thing named does not exist (any more). HTTP 404; a message is completed, the work is gone. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** A conditional write lost its race. HTTP 409; a use case re-reads and tries again, few times. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** Something outside is slow, throttled or down and may recover. HTTP 503; a message comes back later with backoff. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  /** How long to wait before trying again, in milliseconds; absent when the other side gave no hint. */
  readonly retryAfterMs: number | undefined
  /** The other side did answer, this one request it could not serve: others may still work. */
  readonly answered: boolean
  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number; answered?: boolean }) {
    super(message, options)
    this.retryAfterMs = options?.retryAfterMs
    this.answered = options?.answered ?? false
  }
}

/** Our own promise is broken. HTTP 500; a message is parked with full context. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** The message of anything thrown, for logs and conditions. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
