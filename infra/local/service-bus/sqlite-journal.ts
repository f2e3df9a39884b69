// The journal on node:sqlite: what survives the process, kill -9 included. Write-ahead logging with synchronous=NORMAL
// keeps every commit through the death of the process; a power cut may lose the last ones.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { InvalidInputError } from '../../../shared/errors.ts'
import type { Journal, JournalRecord, StoredEntity, StoredMessage } from './journal.ts'

/** Rises when the tables change in a way older code cannot read. */
const schemaVersion = 1

/** A rule without text was removed. Columns that end in _ms are milliseconds since 1970. */
const schema = `
  CREATE TABLE IF NOT EXISTS entities (entity TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS messages (
    entity TEXT NOT NULL, sequence INTEGER NOT NULL, state TEXT NOT NULL, enqueued_ms INTEGER NOT NULL,
    count INTEGER NOT NULL, scheduled_ms INTEGER, enqueue_sequence INTEGER, source TEXT, raw BLOB NOT NULL,
    PRIMARY KEY (entity, sequence)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sessions (
    entity TEXT NOT NULL, session TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (entity, session)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS duplicates (
    entity TEXT NOT NULL, id TEXT NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY (entity, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rules (
    entity TEXT NOT NULL, name TEXT NOT NULL, rule TEXT, PRIMARY KEY (entity, name)) WITHOUT ROWID;
`

const statements = {
  put: 'INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  remove: 'DELETE FROM messages WHERE entity = ? AND sequence = ?',
  next: 'INSERT INTO entities VALUES (?, ?) ON CONFLICT (entity) DO UPDATE SET next = max(next, excluded.next)',
  session: 'INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)',
  endSession: 'DELETE FROM sessions WHERE entity = ? AND session = ?',
  duplicate: 'INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)',
  forgetDuplicates: 'DELETE FROM duplicates WHERE entity = ? AND until_ms <= ?',
  rule: 'INSERT OR REPLACE INTO rules VALUES (?, ?, ?)',
  readNext: 'SELECT next FROM entities WHERE entity = ?',
  readMessages: 'SELECT * FROM messages WHERE entity = ? ORDER BY sequence',
  readSessions: 'SELECT session, state FROM sessions WHERE entity = ?',
  readDuplicates: 'SELECT id, until_ms FROM duplicates WHERE entity = ? ORDER BY until_ms',
  readRules: 'SELECT name, rule FROM rules WHERE entity = ?',
} as const

type Prepared = Record<keyof typeof statements, StatementSync>

/** Rows written between two looks for duplicates that ran out. */
const duplicatesPerSweep = 10_000

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000')
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (found !== 0 && found !== schemaVersion) {
    database.close()
    throw new InvalidInputError(
      `${path} was written by version ${found} of the bus; this one reads version ${schemaVersion}`,
    )
  }
  database.exec(schema)
  database.exec(`PRAGMA user_version = ${schemaVersion}`)
  return database
}

const bytes = (value: unknown): Buffer => (value instanceof Uint8Array ? Buffer.from(value) : Buffer.alloc(0))
const optionalNumber = (value: unknown) => (typeof value === 'number' ? value : undefined)

function messageOf(row: Record<string, unknown>): { sequence: number; message: StoredMessage } {
  const state = row['state']
  return {
    sequence: Number(row['sequence']),
    message: {
      state: state === 'scheduled' || state === 'deferred' ? state : 'ready',
      enqueuedAtMs: Number(row['enqueued_ms']),
      deliveryCount: Number(row['count']),
      scheduledForMs: optionalNumber(row['scheduled_ms']),
      enqueueSequenceNumber: optionalNumber(row['enqueue_sequence']),
      deadLetterSource: typeof row['source'] === 'string' ? row['source'] : undefined,
      raw: bytes(row['raw']),
    },
  }
}

class SqliteJournal implements Journal {
  readonly #database: DatabaseSync
  readonly #run: Prepared
  #duplicatesWritten = 0

  constructor(path: string) {
    this.#database = open(path)
    const prepared = Object.entries(statements).map(([name, text]) => [name, this.#database.prepare(text)])
    this.#run = Object.fromEntries(prepared) as Prepared
  }

  load(entity: string, nowMs: number): StoredEntity | undefined {
    this.#run.forgetDuplicates.run(entity, nowMs)
    const next = this.#run.readNext.get(entity)
    const rules = this.#run.readRules.all(entity)
    const sessions = this.#run.readSessions.all(entity)
    if (next === undefined && rules.length === 0 && sessions.length === 0) return undefined
    return {
      nextSequence: Number(next?.['next'] ?? 1),
      messages: this.#run.readMessages.all(entity).map(messageOf),
      sessions: sessions.map((row) => ({ session: String(row['session']), state: bytes(row['state']) })),
      duplicates: this.#run.readDuplicates
        .all(entity)
        .map((row) => ({ id: String(row['id']), untilMs: Number(row['until_ms']) })),
      rules: rules.map(({ name, rule }) => ({
        name: String(name),
        rule: typeof rule === 'string' ? rule : undefined,
      })),
    }
  }

  write(records: readonly JournalRecord[]): void {
    const next = new Map<string, number>()
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const record of records) this.#writeOne(record, next)
      for (const [entity, number] of next) this.#run.next.run(entity, number)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#database.exec('ROLLBACK')
      throw error
    }
  }

  #writeOne(record: JournalRecord, next: Map<string, number>): void {
    const { entity } = record
    switch (record.kind) {
      case 'put':
        this.#put(entity, record.sequence, record.message)
        next.set(entity, Math.max(next.get(entity) ?? 0, record.sequence + 1))
        return
      case 'remove':
        this.#run.remove.run(entity, record.sequence)
        return
      case 'sequence':
        next.set(entity, Math.max(next.get(entity) ?? 0, record.next))
        return
      case 'session':
        if (record.state === undefined) this.#run.endSession.run(entity, record.session)
        else this.#run.session.run(entity, record.session, record.state)
        return
      case 'duplicate':
        this.#noteDuplicate(record)
        return
      case 'rule':
        this.#run.rule.run(entity, record.name, record.rule ?? null)
    }
  }

  #put(entity: string, sequence: number, message: StoredMessage): void {
    this.#run.put.run(
      entity,
      sequence,
      message.state,
      message.enqueuedAtMs,
      message.deliveryCount,
      message.scheduledForMs ?? null,
      message.enqueueSequenceNumber ?? null,
      message.deadLetterSource ?? null,
      message.raw,
    )
  }

  #noteDuplicate(record: Extract<JournalRecord, { kind: 'duplicate' }>): void {
    this.#run.duplicate.run(record.entity, record.id, record.untilMs)
    this.#duplicatesWritten += 1
    if (this.#duplicatesWritten < duplicatesPerSweep) return
    this.#duplicatesWritten = 0
    this.#run.forgetDuplicates.run(record.entity, record.notedMs)
  }

  close(): void {
    this.#database.close()
  }
}

/** Opens or creates the file. Throws InvalidInputError when another version wrote it. */
export function sqliteJournal(path: string): Journal {
  return new SqliteJournal(path)
}
