// Counts what the host ran: for the benchmark, and for whoever asks why the machine is busy.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

export interface FunctionStats {
  readonly invocations: number
  readonly failures: number
  readonly running: number
  /** Milliseconds an invocation took, until the handler and its streamed response were done. */
  readonly meanMs: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly totalMs: number
}

interface Tally {
  invocations: number
  failures: number
  running: number
  totalMs: number
  readonly histogram: RecordableHistogram
}

export class InvocationStats {
  #tallies = new Map<string, Tally>()

  /** Notes that an invocation began; the returned function notes its end, once. */
  begin(name: string): (failed: boolean) => void {
    const tally = this.#tally(name)
    tally.invocations += 1
    tally.running += 1
    const started = performance.now()
    return (failed) => {
      const ms = performance.now() - started
      tally.running -= 1
      tally.totalMs += ms
      if (failed) tally.failures += 1
      // A histogram counts whole numbers from 1: microseconds keep the short ones apart.
      tally.histogram.record(Math.max(1, Math.round(ms * 1_000)))
    }
  }

  /** Invocations of these functions that have not ended. */
  running(names: readonly string[]): number {
    return names.reduce((sum, name) => sum + (this.#tallies.get(name)?.running ?? 0), 0)
  }

  snapshot(): Readonly<Record<string, FunctionStats>> {
    return Object.fromEntries([...this.#tallies].map(([name, tally]) => [name, statsOf(tally)]))
  }

  /** Forgets what is over; running invocations stay counted as running. */
  reset(): void {
    for (const tally of this.#tallies.values()) {
      Object.assign(tally, { invocations: 0, failures: 0, totalMs: 0 })
      tally.histogram.reset()
    }
  }

  #tally(name: string): Tally {
    const known = this.#tallies.get(name)
    if (known) return known
    const tally = { invocations: 0, failures: 0, running: 0, totalMs: 0, histogram: createHistogram() }
    this.#tallies.set(name, tally)
    return tally
  }
}

function statsOf({ invocations, failures, running, totalMs, histogram }: Tally): FunctionStats {
  const ms = (microseconds: number): number => (histogram.count === 0 ? 0 : Math.round(microseconds) / 1_000)
  return {
    invocations,
    failures,
    running,
    meanMs: ms(histogram.mean),
    p50Ms: ms(histogram.percentile(50)),
    p90Ms: ms(histogram.percentile(90)),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
    totalMs: Math.round(totalMs),
  }
}
