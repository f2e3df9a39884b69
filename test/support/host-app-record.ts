// What the app of the host's tests did, apart from the app: a test reads it without loading @azure/functions too early.

interface Call {
  readonly name: string
  readonly body?: unknown
  readonly metadata?: unknown
  readonly invocationId: string
}

export const record = {
  calls: [] as Call[],
  /** Gates a test may hold shut: an invocation waits for the one with its name. */
  gates: new Map<string, Promise<void>>(),
  terminated: 0,
}
