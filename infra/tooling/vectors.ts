// Replays golden vector files and prints every difference readably; ends with `N passed, N failed`.
//   npm run -s vectors -- ../shared/golden/scheduler-cycle.jsonl more.jsonl.gz
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readVectors, replay } from './vectors/files.ts'
import type { Difference, Exception } from './vectors/replayer.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Vectors we do not replay, each with its reason. */
export function loadExceptions(): Exception[] {
  return JSON.parse(readFileSync(join(root, 'test/golden/exceptions.json'), 'utf8')) as Exception[]
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > 600 ? `${text.slice(0, 600)}… (${text.length} characters)` : text
}

function printDifferences(file: string, name: string, differences: readonly Difference[]): void {
  console.log(`${file}: ${name}`)
  for (const { field, wanted, got } of differences.slice(0, 20)) {
    console.log(`    ${field}\n        wanted ${shown(wanted)}\n        got    ${shown(got)}`)
  }
  if (differences.length > 20) console.log(`    and ${differences.length - 20} more`)
}

function main(files: readonly string[]): number {
  if (files.length === 0) {
    console.log('usage: npm run -s vectors -- FILE...   (vector files, plain or .gz)')
    return 1
  }
  const exceptions = loadExceptions()
  const counts = { passed: 0, failed: 0, excepted: 0 }
  for (const file of files) {
    for (const line of readVectors(file)) {
      const { name, differences, exception } = replay(basename(file), line, exceptions)
      if (exception !== undefined) counts.excepted += 1
      else if (differences.length === 0) counts.passed += 1
      else {
        counts.failed += 1
        printDifferences(basename(file), name, differences)
      }
    }
  }
  if (counts.excepted > 0) console.log(`not replayed: ${counts.excepted}, reasons in test/golden/exceptions.json`)
  console.log(`${counts.passed} passed, ${counts.failed} failed`)
  return counts.failed > 0 ? 1 : 0
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2))
