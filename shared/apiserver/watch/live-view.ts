// A view that is watched, kept in memory once for all its watches. The view is made of parts that change by themselves; a
// part is read again when somebody says it may have changed, and what differs is told to the watches. Nothing depends on it
// being warm: a watch from before it began is told to list again, and a list begins it.
import type { KubeObject, ResourceType } from '../../api/kube-object.ts'
import { errorMessage } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Log } from '../../ports/log.ts'
import type { ViewParts, ViewSource } from '../views.ts'
import type { Subscriber } from './change-tail.ts'
import { ViewState } from './view-state.ts'

/** Changes said within this time are read together. */
const gatherMs = 50
/** How often changes made by other instances are looked for, and how often parts nobody spoke of are read anyway. */
const elsewhereMs = 1_000
const anywayMs = 15_000
/** Parts read anyway in one go, in turn. */
const anywayParts = 50
const readsAtOnce = 8
/** What nobody watches is forgotten after this time. */
const lingerMs = 30_000
/** Failures in a row before watches are sent away to come back later. */
const maxFailures = 5

interface Needs {
  readonly view: ViewSource & { readonly parts: ViewParts }
  readonly clock: Clock
  readonly log: Log
}

/** Views that tell their parts apart, kept live; all others as they are. */
export function liveViews(
  views: (type: ResourceType) => ViewSource | undefined,
  { clock, log }: Pick<Needs, 'clock' | 'log'>,
): (type: ResourceType) => ViewSource | undefined {
  const live = new Map<ViewSource, ViewSource>()
  return (type) => {
    const view = views(type)
    if (!view?.parts) return view
    const known = live.get(view) ?? liveView({ view: { ...view, parts: view.parts }, clock, log })
    live.set(view, known)
    return known
  }
}

/** The view with lists that begin its live state and watches that share it. Its revisions are times in milliseconds. */
function liveView(needs: Needs): ViewSource {
  const { view, clock } = needs
  const live = new LiveView(needs)
  return {
    ...view,
    // A revision is good for a watch only when the state was read before it was given out.
    async revision() {
      if (!live.isRead()) {
        await live.readAll()
        void live.linger(clock.now())
      }
      return live.mark()
    },
    async list(namespace) {
      if (namespace !== undefined) return view.list(namespace)
      await live.readAll()
      void live.linger(clock.now())
      return live.objects()
    },
    watch: (revision, subscriber) => live.watch(revision, subscriber),
  }
}

class LiveView {
  readonly #needs: Needs
  readonly #subscribers = new Set<Subscriber>()
  #state = new ViewState()
  /** Parts that may have changed since they were read. */
  readonly #dirty = new Set<string>()
  #stop: AbortController | undefined
  #kick = new AbortController()
  #leave: (() => void) | undefined
  #cursor: number | undefined
  #usedAt = 0
  #turn = 0

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** A revision no change told from now on will have. */
  mark(): number {
    return this.#state.mark(this.#needs.clock.now())
  }

  /** Whether every part has been read, so that a watch can begin at the next mark. */
  isRead(): boolean {
    return this.#state.isRead()
  }

  objects(): readonly KubeObject[] {
    return this.#state.objects()
  }

  /** Reads every part. What changes meanwhile is read again by whoever follows. */
  async readAll(): Promise<void> {
    const { parts } = this.#needs.view
    this.#listen()
    const from = this.mark()
    this.#cursor ??= (await parts.changedSince(undefined)).cursor
    const keys = await parts.keys()
    const known = new Set(keys)
    for (const part of this.#state.parts()) if (!known.has(part)) this.#dirty.add(part)
    await this.#read([...new Set([...keys, ...this.#dirty])])
    this.#state.completeFrom(from)
  }

  /** Forgets everything when nobody watched or listed for a while. */
  async linger(now: number): Promise<void> {
    this.#usedAt = now
    await this.#needs.clock.sleep(lingerMs)
    if (this.#subscribers.size > 0 || this.#usedAt !== now) return
    this.#leave?.()
    this.#leave = undefined
    this.#cursor = undefined
    this.#dirty.clear()
    this.#state = new ViewState(this.#state.mark(this.#needs.clock.now()))
  }

  watch(revision: number, subscriber: Subscriber): () => void {
    if (!this.#state.isCompleteSince(revision)) {
      // Whoever lists now begins the state that the next watch needs.
      subscriber.end('expired')
      return () => undefined
    }
    const missed = this.#state.changesSince(revision)
    if (missed.length > 0) subscriber.deliver(missed)
    this.#subscribers.add(subscriber)
    if (!this.#stop) this.#start()
    return () => {
      this.#subscribers.delete(subscriber)
      if (this.#subscribers.size > 0) return
      this.#stop?.abort()
      this.#stop = undefined
      void this.linger(this.#needs.clock.now())
    }
  }

  #listen(): void {
    this.#leave ??= this.#needs.view.parts.onChange((part) => {
      this.#dirty.add(part)
      this.#kick.abort()
    })
  }

  #start(): void {
    const stop = new AbortController()
    this.#stop = stop
    this.#run(stop.signal).catch((error: unknown) => {
      if (stop.signal.aborted) return
      this.#needs.log.warn('a view could not be watched', { error: errorMessage(error) })
      this.#stop = undefined
      for (const subscriber of this.#subscribers) subscriber.end('failed')
      this.#subscribers.clear()
    })
  }

  async #run(stopped: AbortSignal): Promise<void> {
    const { clock } = this.#needs
    let elsewhereAt = clock.now()
    let anywayAt = clock.now() + anywayMs
    let failures = 0
    while (!stopped.aborted) {
      try {
        if (clock.now() >= elsewhereAt) {
          await this.#lookElsewhere()
          elsewhereAt = clock.now() + elsewhereMs
        }
        if (clock.now() >= anywayAt) {
          await this.#lookAnyway()
          anywayAt = clock.now() + anywayMs
        }
        await this.#read([...this.#dirty])
        failures = 0
      } catch (error) {
        failures += 1
        if (failures >= maxFailures) throw error
      }
      await this.#pause(Math.max(gatherMs, Math.min(elsewhereAt, anywayAt) - clock.now()), stopped)
    }
  }

  /** Waits until somebody says something changed, and then a moment for more. */
  async #pause(ms: number, stopped: AbortSignal): Promise<void> {
    const { clock } = this.#needs
    if (this.#kick.signal.aborted) this.#kick = new AbortController()
    if (this.#dirty.size === 0) {
      const woken = AbortSignal.any([this.#kick.signal, stopped])
      await clock.sleep(ms, woken).catch(() => undefined)
      if (!this.#kick.signal.aborted) return
    }
    await clock.sleep(gatherMs, stopped).catch(() => undefined)
  }

  async #lookElsewhere(): Promise<void> {
    const { parts, cursor } = await this.#needs.view.parts.changedSince(this.#cursor)
    this.#cursor = cursor
    for (const part of parts) this.#dirty.add(part)
  }

  /** Some parts in turn, new ones, and those that are gone. */
  async #lookAnyway(): Promise<void> {
    const keys = await this.#needs.view.parts.keys()
    const known = new Set(this.#state.parts())
    const now = new Set(keys)
    for (const part of keys) if (!known.has(part)) this.#dirty.add(part)
    for (const part of known) if (!now.has(part)) this.#dirty.add(part)
    const turn = Array.from({ length: Math.min(anywayParts, keys.length) }, (_, at) => (this.#turn + at) % keys.length)
    for (const at of turn) this.#dirty.add(keys[at] ?? '')
    this.#turn += turn.length
  }

  async #read(parts: readonly string[]): Promise<void> {
    const queue = [...parts]
    const reader = async () => {
      for (let part = queue.shift(); part !== undefined; part = queue.shift()) await this.#readOne(part)
    }
    await Promise.all(Array.from({ length: Math.min(readsAtOnce, queue.length) }, reader))
  }

  async #readOne(part: string): Promise<void> {
    // What is said from here on asks for another read.
    this.#dirty.delete(part)
    const state = this.#state
    const order = state.beginRead()
    const objects = await this.#needs.view.parts.one(part).catch((error: unknown) => {
      this.#dirty.add(part)
      throw error
    })
    const changes = state.apply(part, order, objects, this.#needs.clock.now())
    if (changes.length === 0) return
    for (const subscriber of [...this.#subscribers]) {
      subscriber.deliver(changes)
      subscriber.progress(state.last)
    }
  }
}
