// Lost races: read again, decide again, write again, few times.
import { ConflictError } from '../errors.ts'

/** How often a decision is made anew before its message is given back. */
const attempts = 6

/** Runs a read-decide-write round until it does not lose its race. Throws the last ConflictError. */
export async function untilWritten<T>(round: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await round()
    } catch (error) {
      if (!(error instanceof ConflictError) || attempt >= attempts) throw error
    }
  }
}

/** RFC 3339 with whole seconds, as Kubernetes writes times. */
export function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
