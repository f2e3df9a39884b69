// Processor time and memory of running programs, as Linux tells them; elsewhere there is nothing to tell.
import { readFileSync } from 'node:fs'

/** What `getconf CLK_TCK` says on every Linux of today. */
const ticksPerSecond = 100

export interface Usage {
  readonly cpuSeconds: number
  readonly rssMiB: number
}

/** Sums over the programs. Undefined where /proc does not exist. */
export function usageOf(pids: readonly number[]): Usage | undefined {
  try {
    const each = pids.map((pid) => ({
      // The name in parentheses may hold spaces: fields are counted from the last parenthesis on.
      fields: (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' '),
      status: readFileSync(`/proc/${pid}/status`, 'utf8'),
    }))
    return {
      cpuSeconds: each.reduce((sum, { fields }) => sum + (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, 0),
      rssMiB: each.reduce((sum, { status }) => sum + Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024, 0),
    }
  } catch {
    return undefined
  }
}
