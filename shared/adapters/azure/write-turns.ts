// Writers of one partition take turns; those that come while one is under way go together, in one next turn.

/** One thing to write and the promise its writer waits on. */
interface Waiting<W, R> {
  readonly write: W
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

export interface TurnRules<W, R> {
  /** Whether one more may join those of a turn. The first is never asked about. */
  fits(turn: readonly W[], next: W): boolean
  /** Carries out a turn: one result or error for each, in order. */
  run(turn: readonly W[]): Promise<readonly PromiseSettledResult<R>[]>
}

/** Returns the way to write: results come in the order of asking, within a partition. */
export function takeTurns<W, R>({ fits, run }: TurnRules<W, R>): (partition: string, write: W) => Promise<R> {
  const queues = new Map<string, Waiting<W, R>[]>()

  async function drain(partition: string, queue: Waiting<W, R>[]): Promise<void> {
    for (;;) {
      const turn = queue.splice(0, turnLength(queue))
      if (turn.length === 0) break
      await settle(turn)
    }
    queues.delete(partition)
  }

  function turnLength(queue: readonly Waiting<W, R>[]): number {
    const turn: W[] = []
    for (const { write } of queue) {
      if (turn.length > 0 && !fits(turn, write)) break
      turn.push(write)
    }
    return turn.length
  }

  async function settle(turn: readonly Waiting<W, R>[]): Promise<void> {
    try {
      const results = await run(turn.map(({ write }) => write))
      for (const [index, { resolve, reject }] of turn.entries()) {
        const result = results[index]
        if (result?.status === 'fulfilled') resolve(result.value)
        else reject(result?.reason)
      }
    } catch (error) {
      for (const { reject } of turn) reject(error)
    }
  }

  return (partition, write) =>
    new Promise((resolve, reject) => {
      const waiting = { write, resolve, reject }
      const queue = queues.get(partition)
      if (queue) {
        queue.push(waiting)
        return
      }
      const fresh = [waiting]
      queues.set(partition, fresh)
      void drain(partition, fresh)
    })
}
