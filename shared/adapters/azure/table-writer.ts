// Writes to the object table. Those that wait for each other go in one transaction: the counter once, an object and a
// change row for each, one outbox row for the news of all. The counter's etag orders all writes of a type, an object's
// etag guards the state its writer saw.
import type { TableClient } from '@azure/data-tables'
import { type KubeObject, keyText, type ResourceType, typeText } from '../../api/kube-object.ts'
import { ConflictError, TransientError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { IndexOf } from '../../ports/object-index.ts'
import type { ObjectWrite, StoredObject } from '../../ports/object-store.ts'
import type { Committed, OutboxEntry } from '../../ports/outbox.ts'
import { withTable } from './table-client.ts'
import { tableFailure } from './table-error.ts'
import * as keys from './table-keys.ts'
import type { Known, Tag } from './table-known.ts'
import type { TableReader } from './table-reader.ts'
import * as rows from './table-rows.ts'
import { scan } from './table-scan.ts'
import { type Attempt, objectAnswer, type Ready, type Transaction, transactionOf } from './table-transaction.ts'
import { takeTurns } from './write-turns.ts'

export interface TableWriterOptions {
  readonly objects: TableClient
  readonly payloads: TableClient
  readonly clock: Clock
  readonly newId: () => string
  readonly random: () => number
  readonly known: Known
  readonly reader: TableReader
  readonly committed: Committed | undefined
  readonly indexOf: IndexOf
  /** Called once a turn has passed a revision after which the log may be cut. */
  compact(partition: string, revision: number): Promise<void>
}

/** The revision an attempt got, or why it got none. */
type Outcomes = Map<Attempt, PromiseSettledResult<number>>

/** Lost races on the counter before giving up; with the delays below, two seconds. */
const maxAttempts = 12
const firstDelayMs = 4
const longestDelayMs = 250
const compactEvery = 64
/** A transaction holds 100 rows: two for each write, its index entries, the counter and the outbox. */
const maxRows = 100
const maxTogether = 40
/** A transaction holds 4 MiB: characters of new, changed and previous bodies, at most three bytes each. */
const maxTextTogether = 1_000_000
/** The outbox row of a turn holds the messages of all as one short text. */
const maxNewsTogether = 24_000

/** Returns the `write` of the object store. Its errors are the service's or the store's own. */
export function createTableWriter(
  options: TableWriterOptions,
): (type: ResourceType, write: ObjectWrite) => Promise<StoredObject> {
  const { objects, payloads, clock, known, reader } = options
  const inTurn = takeTurns<Attempt, StoredObject>({ fits, run })

  return async (type, write) => {
    const attempt = await prepare(type, write)
    return await inTurn(attempt.partition, attempt)
  }

  async function prepare(type: ResourceType, write: ObjectWrite): Promise<Attempt> {
    const partition = keys.partitionOf(type)
    const row = keys.objectRow(write.key)
    const text = write.object && rows.bodyText(write.object)
    const previous =
      write.previous ?? (typeof write.expect === 'number' ? await stateBefore(partition, row) : undefined)
    const previousText = previous && rows.bodyText(previous)
    const newsLength = write.news?.length ? JSON.stringify(write.news).length : 0
    const entriesOf = (object: KubeObject | undefined) => (object ? options.indexOf(type, object) : [])
    const index = { before: entriesOf(previous), after: entriesOf(write.object) }
    return { type, partition, row, write, writeId: options.newId(), text, previous, previousText, newsLength, index }
  }

  async function stateBefore(partition: string, row: string): Promise<KubeObject | undefined> {
    const entity = await reader.getRow(partition, row)
    return entity && (await reader.take(entity)).object
  }

  /** One turn: all together first; what that leaves open goes one by one, so that one's trouble is not another's. */
  async function run(turn: readonly Attempt[]): Promise<readonly PromiseSettledResult<StoredObject>[]> {
    const outcomes: Outcomes = new Map()
    for (let round = 0; round < maxAttempts && outcomes.size < turn.length; round += 1) {
      if (round > 0) await clock.sleep(delayMs(round, options.random()))
      const open = turn.filter((attempt) => !outcomes.has(attempt))
      for (const part of round === 0 ? [open] : open.map((attempt) => [attempt])) await tryCommit(part, outcomes)
    }
    await compactBehind(turn, outcomes)
    return turn.map((attempt) => resultOf(attempt, outcomes.get(attempt)))
  }

  async function tryCommit(attempts: readonly Attempt[], outcomes: Outcomes): Promise<void> {
    const partition = attempts[0]?.partition ?? ''
    const counter = known.counters.get(partition) ?? (await reader.readCounter(partition))
    const ready = await readyOf(attempts, outcomes)
    if (ready.length === 0) return
    const entry = announcement(ready, partition, counter.revision + ready.length)
    const transaction = transactionOf(ready, partition, { counter, entry, at: clock.now() })
    const wentIn = await submit(transaction).catch(async (error: unknown) => {
      known.counters.delete(partition)
      const failure = tableFailure(error)
      if (failure !== 'conflict' && failure !== 'not-found' && failure !== 'transient') throw error
      return await settleRaces(ready, counter.revision, outcomes)
    })
    if (Array.isArray(wentIn)) keep(ready, counter.revision, { etags: wentIn, transaction, outcomes })
    if (wentIn && entry) options.committed?.(entry)
  }

  /** The etags of the rows, in the order of the actions. */
  async function submit({ actions, overflow }: Transaction): Promise<(string | undefined)[]> {
    for (const row of overflow) await withTable(payloads, () => payloads.upsertEntity(row, 'Replace'))
    const { subResponses } = await withTable(objects, () => objects.submitTransaction(actions))
    return subResponses.map(({ etag }) => etag)
  }

  /** Notes what a transaction that went in made of counter and rows. */
  function keep(
    ready: readonly Ready[],
    base: number,
    {
      etags,
      transaction,
      outcomes,
    }: { etags: readonly (string | undefined)[]; transaction: Transaction; outcomes: Outcomes },
  ): void {
    for (const [index, { attempt }] of ready.entries()) {
      const revision = base + 1 + index
      const etag = etags[objectAnswer(index)]
      const { partition, row, write } = attempt
      if (write.object && etag)
        known.remember(partition, row, {
          revision,
          etag,
          bodyRows: transaction.bodyRows[index],
          indexed: attempt.index.after.length > 0,
        })
      if (etags[0]) known.counters.set(partition, { revision, etag: etags[0] })
      else known.counters.delete(partition)
      outcomes.set(attempt, { status: 'fulfilled', value: revision })
    }
  }

  /** Attempts whose object is no longer as its writer saw it are settled: a conflict. */
  async function readyOf(attempts: readonly Attempt[], outcomes: Outcomes): Promise<Ready[]> {
    const ready: Ready[] = []
    for (const attempt of attempts) {
      const { expect } = attempt.write
      try {
        ready.push({ attempt, tag: typeof expect === 'number' ? await tagFor(attempt, expect) : undefined })
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
        outcomes.set(attempt, { status: 'rejected', reason: error })
      }
    }
    return ready
  }

  async function tagFor(attempt: Attempt, expected: number): Promise<Tag> {
    const { partition, row, write } = attempt
    const tag = known.tag(partition, row)
    // The SDK sends deletes of a transaction without an etag. A state read after the counter stays true as long as the
    // counter's own etag holds, so for a delete that read is the guard.
    if (write.object && tag?.revision === expected) return tag
    const entity = await reader.getRow(partition, row)
    const found = entity && rows.tagOf(entity)
    if (found?.revision !== expected) throw conflict(attempt, found?.revision ?? 'absent')
    return known.remember(partition, row, found)
  }

  /** Looks at each attempt of a refused transaction. True when it had gone in and only its answer was lost. */
  async function settleRaces(ready: readonly Ready[], base: number, outcomes: Outcomes): Promise<boolean> {
    let wentIn = false
    for (const [index, { attempt }] of ready.entries()) {
      try {
        const revision = await settleRace(attempt, base)
        if (revision !== undefined) outcomes.set(attempt, { status: 'fulfilled', value: revision })
        if (revision === base + 1 + index) wentIn = true
      } catch (error) {
        outcomes.set(attempt, { status: 'rejected', reason: error })
      }
    }
    return wentIn
  }

  /**
   * A refusal may be the echo of our own write whose answer was lost on the way: the write id tells. When the write is
   * in, its revision; when the object is no longer as the caller saw it, ConflictError; otherwise another round.
   */
  async function settleRace(attempt: Attempt, base: number): Promise<number | undefined> {
    const { partition, row, write, writeId } = attempt
    const [entity] = await Promise.all([reader.getRow(partition, row), reader.readCounter(partition)])
    const found = entity ? rows.numberOf(entity, 'rv') : 'absent'
    if (entity && found === write.expect) known.remember(partition, row, rows.tagOf(entity))
    if (found === write.expect) return undefined
    if (entity && entity['w'] === writeId && typeof found === 'number') return found
    const range = { from: keys.changeRow(base + 1), to: keys.allChanges.to }
    const log = await scan(objects, partition, range, { select: ['RowKey', 'w'] })
    const ours = log.find((change) => change['w'] === writeId)
    if (ours) return keys.revisionOfRow(String(ours.rowKey))
    throw conflict(attempt, found)
  }

  /** The news of all, in one entry named by the last revision. */
  function announcement(ready: readonly Ready[], partition: string, revision: number): OutboxEntry | undefined {
    const messages = ready.flatMap(({ attempt }) => attempt.write.news ?? [])
    if (messages.length === 0) return undefined
    return { id: `${partition} ${keys.outboxRow(revision)}`, messages, writtenAt: clock.now() }
  }

  async function compactBehind(turn: readonly Attempt[], outcomes: Outcomes): Promise<void> {
    const revisions = turn.flatMap((attempt) => {
      const outcome = outcomes.get(attempt)
      return outcome?.status === 'fulfilled' ? [outcome.value] : []
    })
    const due = revisions.find((revision) => revision % compactEvery === 0)
    const [first] = turn
    if (due !== undefined && first) await options.compact(first.partition, due)
  }
}

/** A row may stand in a transaction once. */
function fits(turn: readonly Attempt[], next: Attempt): boolean {
  const all = [...turn, next]
  const sum = (length: (attempt: Attempt) => number) => all.reduce((total, attempt) => total + length(attempt), 0)
  return (
    all.length <= maxTogether &&
    sum(({ index }) => 2 + index.before.length + index.after.length) <= maxRows - 2 &&
    turn.every(({ row }) => row !== next.row) &&
    sum(({ text, previousText }) => 2 * (text?.length ?? 0) + (previousText?.length ?? 0)) <= maxTextTogether &&
    sum(({ newsLength }) => newsLength) <= maxNewsTogether
  )
}

function resultOf(
  { type, write, previous }: Attempt,
  outcome: PromiseSettledResult<number> | undefined,
): PromiseSettledResult<StoredObject> {
  if (outcome?.status === 'rejected') return outcome
  if (outcome === undefined) {
    const reason = new TransientError(`too many writers of ${typeText(type)} at once`, { retryAfterMs: 1_000 })
    return { status: 'rejected', reason }
  }
  const revision = outcome.value
  const object = rows.atRevision(cloneOf(write.object ?? previous), revision)
  return { status: 'fulfilled', value: { key: write.key, revision, object } }
}

function conflict({ type, write }: Attempt, found: number | 'absent'): ConflictError {
  const state = found === 'absent' ? 'does not exist' : `is at revision ${found}`
  return new ConflictError(`${typeText(type)} "${keyText(write.key)}" ${state}, expected ${write.expect}`)
}

function cloneOf(object: KubeObject | undefined): KubeObject {
  return structuredClone(object ?? { apiVersion: '', kind: '', metadata: {} })
}

function delayMs(round: number, random: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** round) * (0.5 + random)
}
