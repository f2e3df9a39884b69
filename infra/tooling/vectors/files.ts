// Reading vector files and replaying their lines.
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { replayers } from './registry.ts'
import type { Difference, Exception, Vector } from './replayer.ts'

/** What became of one line. `undefined` differences: an exception says why it is not replayed. */
export interface Outcome {
  readonly name: string
  readonly differences: readonly Difference[]
  readonly exception?: string
}

/** Lines of a vector file, plain or gzip. Throws when a line is not JSON, with its number. */
export function readVectors(path: string): Vector[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [JSON.parse(line) as Vector]
    } catch (error) {
      throw new Error(`${path}:${index + 1} is not JSON`, { cause: error })
    }
  })
}

/** Replays one line. A line that no replayer knows and no exception names is a difference: nothing is skipped silently. */
export function replay(fileName: string, line: Vector, exceptions: readonly Exception[]): Outcome {
  const name = line.test === undefined ? (line.case ?? 'whole file') : `${line.test}: ${line.case}`
  const exception = exceptions.find((candidate) => covers(candidate, fileName, line))
  if (exception) return { name, differences: [], exception: exception.reason }
  const replayer = replayers.find((candidate) => candidate.matches(fileName, line))
  if (!replayer) return { name, differences: [{ field: 'replayer', wanted: 'one that knows this line', got: 'none' }] }
  try {
    return { name, differences: replayer.run(line) }
  } catch (error) {
    const got = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { name, differences: [{ field: 'run', wanted: 'an outcome', got }] }
  }
}

/** Whether a replayer knows the line, or an exception names it. */
export function isKnown(fileName: string, line: Vector, exceptions: readonly Exception[]): boolean {
  return (
    exceptions.some((exception) => covers(exception, fileName, line)) ||
    replayers.some((candidate) => candidate.matches(fileName, line))
  )
}

function covers(exception: Exception, fileName: string, line: Vector): boolean {
  return (
    basename(fileName).startsWith(exception.file) &&
    (exception.test === undefined || exception.test === line.test) &&
    (exception.case === undefined || exception.case === line.case)
  )
}
