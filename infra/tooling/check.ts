// The quick check before every commit: types, lint and format, import directions, unit and property tests.
import { spawnSync } from 'node:child_process'

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['tsc', ['--noEmit']],
  ['biome', ['check', '.', '--diagnostic-level=warn', '--error-on-warnings']],
  [process.execPath, ['infra/tooling/import-rules.ts']],
  [process.execPath, ['infra/tooling/test.ts', 'test/unit/', 'test/property/']],
]
for (const [command, args] of steps) {
  console.log(`> ${command} ${args.join(' ')}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
