// All entities of the bus and the addresses that lead to them.
import type { ResolvedEntities } from '../declarations.ts'
import { entityNotFound } from './bus-error.ts'
import type { EntityStats, QueueSettings, Surroundings } from './entity.ts'
import { PlainQueue } from './plain-queue.ts'
import { defaultRule, type Rule } from './rule.ts'
import { SessionQueue } from './session-queue.ts'
import { RuleSet, type Subscription, Topic } from './topic.ts'

export type Receivable = PlainQueue | SessionQueue

/** Something with an address. */
export type Entity =
  | { readonly kind: 'topic'; readonly path: string; readonly topic: Topic }
  | {
      readonly kind: 'queue' | 'subscription' | 'dead-letters'
      readonly path: string
      readonly queue: Receivable
      readonly rules?: RuleSet | undefined
    }

/** Where an address leads. `management` when it ends in `/$management`. */
export interface Place {
  readonly entity: Entity
  readonly management: boolean
}

type Receiving = Omit<QueueSettings, 'path' | 'duplicateWindowMs'>
type RuleDeclaration = NonNullable<ResolvedEntities['topics'][number]['subscriptions'][number]['rules']>[number]

function makeQueue(surroundings: Surroundings, settings: QueueSettings): Receivable {
  const deadLetters = makeDeadLetters(surroundings, settings, `${settings.path}/$DeadLetterQueue`)
  return settings.requiresSession
    ? new SessionQueue(surroundings, settings, deadLetters)
    : new PlainQueue(surroundings, settings, deadLetters)
}

function makeDeadLetters(surroundings: Surroundings, settings: QueueSettings, path: string): PlainQueue {
  return new PlainQueue(
    surroundings,
    {
      path,
      requiresSession: false,
      lockDurationMs: settings.lockDurationMs,
      maxDeliveryCount: settings.maxDeliveryCount,
      deadLetterOnExpiry: false,
    },
    undefined,
  )
}

function toRule(declared: RuleDeclaration): Rule {
  const { name, filter } = declared
  if (filter.kind !== 'correlation') return { name, filter }
  const { kind, sessionId, replyToSessionId, properties, ...fields } = filter
  return {
    name,
    filter: {
      kind,
      fields: { ...fields, groupId: sessionId, replyToGroupId: replyToSessionId },
      properties: Object.entries(properties ?? {}),
    },
  }
}

function makeTopic(surroundings: Surroundings, declared: ResolvedEntities['topics'][number]): Topic {
  const subscriptions = declared.subscriptions.map((subscription): Subscription => {
    const path = `${declared.name}/Subscriptions/${subscription.name}`
    const receiving: Receiving = subscription
    const queue = makeQueue(surroundings, { ...receiving, path, duplicateWindowMs: undefined })
    const rules = (subscription.rules ?? []).map(toRule)
    const ruleSet = new RuleSet(surroundings, queue.key, subscription.rules === undefined ? [defaultRule] : rules)
    return { name: subscription.name, queue, rules: ruleSet }
  })
  const { name, requiresDuplicateDetection, duplicateWindowMs, defaultTtlMs } = declared
  return new Topic(
    surroundings,
    { path: name, defaultTtlMs, duplicateWindowMs: requiresDuplicateDetection ? duplicateWindowMs : undefined },
    subscriptions,
  )
}

const managementSuffix = '/$management'

export class Namespace {
  readonly #entities = new Map<string, Entity>()
  readonly #surroundings: Surroundings

  constructor(surroundings: Surroundings, entities: ResolvedEntities) {
    this.#surroundings = surroundings
    for (const declared of entities.queues) {
      const { name: path, requiresDuplicateDetection, duplicateWindowMs, ...receiving } = declared
      const window = requiresDuplicateDetection ? duplicateWindowMs : undefined
      this.#addQueue('queue', makeQueue(surroundings, { ...receiving, path, duplicateWindowMs: window }))
    }
    for (const declared of entities.topics) {
      const topic = makeTopic(surroundings, declared)
      this.#add({ kind: 'topic', path: topic.settings.path, topic })
      for (const { queue, rules } of topic.subscriptions.values()) this.#addQueue('subscription', queue, rules)
      const stored = surroundings.ledger.load(topic.key, surroundings.now())
      if (stored !== undefined) topic.restore(stored)
    }
  }

  #add(entity: Entity): void {
    this.#entities.set(entity.path.toLowerCase(), entity)
  }

  #addQueue(kind: 'queue' | 'subscription', queue: Receivable, rules?: RuleSet): void {
    const { path } = queue.settings
    this.#add({ kind, path, queue, rules })
    /** Nothing is ever transferred here, so that dead-letter queue only exists to be found empty. */
    const transfers = makeDeadLetters(this.#surroundings, queue.settings, `${path}/$Transfer/$DeadLetterQueue`)
    for (const dead of [queue.deadLetters, transfers]) {
      if (dead instanceof PlainQueue) this.#add({ kind: 'dead-letters', path: dead.settings.path, queue: dead })
    }
    const { ledger } = this.#surroundings
    for (const one of [queue.deadLetters, queue]) {
      const stored = one === undefined ? undefined : ledger.load(one.key, this.#surroundings.now())
      if (stored === undefined) continue
      one?.restore(stored)
      if (one === queue) rules?.restore(stored)
    }
  }

  /** `address` as a link or token names it; a leading scheme and host are cut off. Throws BusError not-found. */
  resolve(address: string): Place {
    const path = address
      .replace(/^[a-z]+:\/\/[^/]*\//i, '')
      .replace(/^\/+|\/+$/g, '')
      .toLowerCase()
    const management = path.endsWith(managementSuffix)
    const entity = this.#entities.get(management ? path.slice(0, -managementSuffix.length) : path)
    if (entity === undefined) throw entityNotFound(address)
    return { entity, management }
  }

  /** By declared path; dead letters are counted with their queue. */
  stats(): Record<string, EntityStats> {
    const stats: Record<string, EntityStats> = {}
    for (const entity of this.#entities.values()) {
      if (entity.kind === 'topic') stats[entity.path] = entity.topic.stats()
      else if (entity.kind !== 'dead-letters') stats[entity.path] = entity.queue.stats()
    }
    return stats
  }
}
