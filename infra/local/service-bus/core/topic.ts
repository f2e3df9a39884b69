// A topic and its subscriptions. The topic checks, schedules and drops duplicates; each subscription whose rules match
// gets one copy, and is a queue of its own from there on.
import type { StoredEntity } from '../journal.ts'
import { BusError } from './bus-error.ts'
import type { Deadline } from './deadlines.ts'
import { checkContent, type Destination, DuplicateGate, type EntityStats, type Surroundings } from './entity.ts'
import { encodeForJournal, type MessageContent, parseMessage } from './message.ts'
import type { PlainQueue } from './plain-queue.ts'
import { compileFilter, filterInput, type Rule, ruleFromText, ruleText } from './rule.ts'
import type { SessionQueue } from './session-queue.ts'
import type { FilterInput, Predicate } from './sql-filter.ts'

/** The rules of one subscription, by lower-case name. */
export class RuleSet {
  readonly #surroundings: Surroundings
  readonly #entity: string
  readonly #rules = new Map<string, { readonly rule: Rule; readonly matches: Predicate }>()

  constructor(surroundings: Surroundings, entity: string, rules: readonly Rule[]) {
    this.#surroundings = surroundings
    this.#entity = entity
    for (const rule of rules) this.#set(rule)
  }

  #set(rule: Rule): void {
    this.#rules.set(rule.name.toLowerCase(), { rule, matches: compileFilter(rule.filter, this.#surroundings.limits) })
  }

  list(): Rule[] {
    return [...this.#rules.values()].map(({ rule }) => rule)
  }

  matches(input: FilterInput): boolean {
    for (const { matches } of this.#rules.values()) if (matches(input)) return true
    return false
  }

  /** Throws BusError entity-already-exists, argument-error or resource-limit-exceeded. */
  add(rule: Rule): void {
    const { maxRuleNameLength, maxRulesPerSubscription } = this.#surroundings.limits
    if (rule.name.length === 0 || rule.name.length > maxRuleNameLength) {
      throw new BusError(
        'com.microsoft:argument-error',
        `The rule name '${rule.name}' has ${rule.name.length} characters; 1 to ${maxRuleNameLength} are allowed.`,
      )
    }
    if (this.#rules.has(rule.name.toLowerCase())) {
      throw new BusError('com.microsoft:entity-already-exists', `'${this.#entity}' already has a rule '${rule.name}'.`)
    }
    if (this.#rules.size >= maxRulesPerSubscription) {
      throw new BusError(
        'amqp:resource-limit-exceeded',
        `'${this.#entity}' has ${this.#rules.size} rules, which is the limit.`,
      )
    }
    this.#set(rule)
    this.#surroundings.ledger.record({
      kind: 'rule',
      entity: this.#entity,
      name: rule.name.toLowerCase(),
      rule: ruleText(rule),
    })
  }

  /** Throws BusError not-found. */
  remove(name: string): void {
    if (!this.#rules.delete(name.toLowerCase())) {
      throw new BusError('amqp:not-found', `'${this.#entity}' has no rule '${name}'.`)
    }
    this.#surroundings.ledger.record({ kind: 'rule', entity: this.#entity, name: name.toLowerCase(), rule: undefined })
  }

  /** Rules as declared, with what was changed at run time before a restart on top. */
  restore(stored: StoredEntity): void {
    for (const { name, rule } of stored.rules) {
      if (rule === undefined) this.#rules.delete(name)
      else this.#set(ruleFromText(rule))
    }
  }
}

export interface Subscription {
  readonly name: string
  readonly queue: PlainQueue | SessionQueue
  readonly rules: RuleSet
}

export interface TopicSettings {
  readonly path: string
  readonly duplicateWindowMs?: number | undefined
  readonly defaultTtlMs?: number | undefined
}

interface Scheduled {
  readonly content: MessageContent
  readonly deadline: Deadline
}

export class Topic implements Destination {
  readonly settings: TopicSettings
  readonly key: string
  /** By lower-case name. */
  readonly subscriptions: ReadonlyMap<string, Subscription>
  readonly #surroundings: Surroundings
  readonly #duplicates: DuplicateGate
  readonly #scheduled = new Map<number, Scheduled>()
  #nextSequence = 1
  #sends = 0

  constructor(surroundings: Surroundings, settings: TopicSettings, subscriptions: readonly Subscription[]) {
    this.#surroundings = surroundings
    this.settings = settings
    this.key = settings.path.toLowerCase()
    this.subscriptions = new Map(subscriptions.map((subscription) => [subscription.name.toLowerCase(), subscription]))
    this.#duplicates = new DuplicateGate(surroundings, this.key, settings.duplicateWindowMs)
  }

  check(content: MessageContent): void {
    checkContent(this.settings.path, content, this.#surroundings.limits)
  }

  send(content: MessageContent): boolean {
    this.#sends += 1
    if (!this.#duplicates.admits(content.messageId)) return false
    const now = this.#surroundings.now()
    const sequence = this.#number()
    if (content.scheduledForMs !== undefined && content.scheduledForMs > now) {
      this.#hold(sequence, content, content.scheduledForMs, true)
    } else this.#fanOut(sequence, content)
    return true
  }

  schedule(content: MessageContent, atMs: number): number {
    this.#sends += 1
    const sequence = this.#number()
    if (this.#duplicates.admits(content.messageId)) this.#hold(sequence, content, atMs, true)
    return sequence
  }

  cancelScheduled(sequences: readonly number[]): void {
    const missing = sequences.find((sequence) => !this.#scheduled.has(sequence))
    if (missing !== undefined) {
      throw new BusError(
        'com.microsoft:message-not-found',
        `'${this.settings.path}' has no scheduled message with sequence number ${missing}.`,
      )
    }
    for (const sequence of sequences) this.#forget(sequence)
  }

  /** Takes up what was there before a restart. */
  restore(stored: StoredEntity): void {
    this.#duplicates.restore(stored.duplicates)
    for (const { sequence, message } of stored.messages) {
      const content = parseMessage(message.raw, this.#surroundings.newToken)
      this.#hold(sequence, content, message.scheduledForMs ?? 0, false)
    }
    this.#nextSequence = stored.nextSequence
  }

  stats(): EntityStats {
    return {
      active: 0,
      locked: 0,
      scheduled: this.#scheduled.size,
      deferred: 0,
      deadLettered: 0,
      sends: this.#sends,
      deliveries: 0,
    }
  }

  #number(): number {
    const sequence = this.#nextSequence++
    this.#surroundings.ledger.record({ kind: 'sequence', entity: this.key, next: this.#nextSequence })
    return sequence
  }

  #hold(sequence: number, content: MessageContent, atMs: number, isNew: boolean): void {
    const { deadlines, ledger, now } = this.#surroundings
    const deadline = deadlines.add(atMs, () => {
      this.#forget(sequence)
      this.#fanOut(sequence, content)
    })
    this.#scheduled.set(sequence, { content, deadline })
    if (!isNew || !ledger.keeps) return
    ledger.record({
      kind: 'put',
      entity: this.key,
      sequence,
      message: {
        enqueuedAtMs: now(),
        deliveryCount: 0,
        state: 'scheduled',
        scheduledForMs: atMs,
        raw: encodeForJournal(content),
      },
    })
  }

  #forget(sequence: number): void {
    this.#surroundings.deadlines.cancel(this.#scheduled.get(sequence)?.deadline)
    this.#scheduled.delete(sequence)
    this.#surroundings.ledger.record({ kind: 'remove', entity: this.key, sequence })
  }

  #fanOut(sequence: number, content: MessageContent): void {
    const input = filterInput(content)
    const { defaultTtlMs } = this.settings
    const capped =
      defaultTtlMs === undefined || (content.ttlMs ?? Number.POSITIVE_INFINITY) <= defaultTtlMs
        ? content
        : { ...content, ttlMs: defaultTtlMs }
    for (const { queue, rules } of this.subscriptions.values()) {
      if (!rules.matches(input)) continue
      if (queue.settings.requiresSession && content.sessionId === undefined) {
        queue.receiveDead(
          capped,
          'SessionIdIsMissing',
          'The subscription requires sessions and the message has no session id.',
        )
      } else queue.receive(capped, { enqueueSequenceNumber: sequence })
    }
  }
}
