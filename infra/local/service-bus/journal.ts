// The port behind which the bus remembers across restarts. Locks, owners and credit are never written: after a restart
// every lock is void and its message ready again.

/** A message as it is kept. `raw` is the encoded message. */
export interface StoredMessage {
  readonly enqueuedAtMs: number
  readonly deliveryCount: number
  readonly state: 'ready' | 'scheduled' | 'deferred'
  /** Epoch milliseconds, while state is scheduled. */
  readonly scheduledForMs?: number | undefined
  readonly enqueueSequenceNumber?: number | undefined
  readonly deadLetterSource?: string | undefined
  readonly raw: Buffer
}

/** `entity` is a lower-case entity path, `rule` a JSON text. */
export type JournalRecord =
  | { readonly kind: 'put'; readonly entity: string; readonly sequence: number; readonly message: StoredMessage }
  | { readonly kind: 'remove'; readonly entity: string; readonly sequence: number }
  | { readonly kind: 'session'; readonly entity: string; readonly session: string; readonly state: Buffer | undefined }
  | {
      readonly kind: 'duplicate'
      readonly entity: string
      readonly id: string
      readonly untilMs: number
      /** When it was noted: whatever of the same entity ran out before may be forgotten. */
      readonly notedMs: number
    }
  | { readonly kind: 'rule'; readonly entity: string; readonly name: string; readonly rule: string | undefined }
  | { readonly kind: 'sequence'; readonly entity: string; readonly next: number }

/** What one entity was before the restart. Messages come in the order of their sequence numbers. */
export interface StoredEntity {
  readonly nextSequence: number
  readonly messages: Iterable<{ readonly sequence: number; readonly message: StoredMessage }>
  readonly sessions: Iterable<{ readonly session: string; readonly state: Buffer }>
  readonly duplicates: Iterable<{ readonly id: string; readonly untilMs: number }>
  /** Rules changed since they were declared; without text when removed. */
  readonly rules: Iterable<{ readonly name: string; readonly rule: string | undefined }>
}

export interface Journal {
  /** `undefined` for an entity it has never heard of. `nowMs` lets it leave out what has run out. */
  load(entity: string, nowMs: number): StoredEntity | undefined
  /** Stores all or nothing; throws when it cannot. Puts of a number that exists replace it. */
  write(records: readonly JournalRecord[]): void
  close(): void
}

/** Where the core puts its records, and learns when they are safe. */
export interface Ledger {
  record(record: JournalRecord): void
  /** False when nothing is kept, so that nobody prepares records in vain. */
  readonly keeps: boolean
  /** Calls back once everything recorded so far is stored; with the error when that failed. */
  afterStored(done: (error: Error | undefined) => void): void
  load(entity: string, nowMs: number): StoredEntity | undefined
  close(): void
}

/** The default: nothing outlives the process, nothing waits. */
export const volatileLedger: Ledger = {
  keeps: false,
  record: () => {},
  afterStored: (done) => done(undefined),
  load: () => undefined,
  close: () => {},
}

/** Groups all records of one event-loop turn into one write. */
export function turnLedger(journal: Journal, nextTurn: (run: () => void) => void = setImmediate): Ledger {
  let records: JournalRecord[] = []
  let waiting: ((error: Error | undefined) => void)[] = []
  let planned = false
  function flush(): void {
    planned = false
    const [stored, told] = [records, waiting]
    records = []
    waiting = []
    let failure: Error | undefined
    try {
      if (stored.length > 0) journal.write(stored)
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
    for (const done of told) done(failure)
  }
  function plan(): void {
    if (planned) return
    planned = true
    nextTurn(() => planned && flush())
  }
  return {
    keeps: true,
    record(record) {
      records.push(record)
      plan()
    },
    afterStored(done) {
      if (records.length === 0) return done(undefined)
      waiting.push(done)
    },
    load: (entity, nowMs) => journal.load(entity, nowMs),
    close() {
      flush()
      journal.close()
    },
  }
}
