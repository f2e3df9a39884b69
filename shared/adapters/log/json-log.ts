// One JSON line per event, through the sink the caller chooses.
import type { Log, LogFields } from '../../ports/log.ts'

type Level = 'info' | 'warn' | 'error'
const weight: Record<Level | 'silent', number> = { info: 0, warn: 1, error: 2, silent: 3 }

/** `least` is the lowest level written. */
export function jsonLog(least: Level | 'silent', write: (line: string, level: Level) => void): Log {
  const line = (level: Level) => (message: string, fields?: LogFields) => {
    if (weight[level] >= weight[least]) write(JSON.stringify({ level, message, ...fields }), level)
  }
  return { info: line('info'), warn: line('warn'), error: line('error') }
}
