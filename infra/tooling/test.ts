// Runs the test suites with node's own runner and ends with one line: N passed, N failed, N skipped.
//   npm test                    everything this machine can run
//   npm test -- unit golden     only files whose path contains one of the words
import { globSync } from 'node:fs'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

/** Suites below this folder start real control planes. */
const realFolder = 'test/e2e/real/'
const words = process.argv.slice(2)
const assets = process.env['KUBEBUILDER_ASSETS']
const all = globSync('test/**/*.test.ts').sort()
const wanted = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)))
const files = assets ? wanted : wanted.filter((file) => !file.startsWith(realFolder))

const counts = { passed: 0, failed: 0, skipped: 0 }
/** Real control planes are heavy: those suites run one at a time, after everything else. */
for (const [group, concurrency] of [
  [files.filter((file) => !file.startsWith('test/e2e/')), 2],
  [files.filter((file) => file.startsWith('test/e2e/')), 1],
] as const) {
  if (group.length === 0) continue
  await runFiles([...group], concurrency)
}

if (!assets && wanted.length > files.length) {
  console.log(
    `not run: ${wanted.length - files.length} suites on real control planes; set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager and kubectl (setup-envtest makes one) and run npm test again`,
  )
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)

async function runFiles(group: string[], concurrency: number): Promise<void> {
  const events = run({ files: group, concurrency, timeout: 600_000 })
  events.on('test:pass', (data) => {
    if (data.details.type === 'suite' || isFile(data.name)) return
    if (data.skip !== undefined || data.todo !== undefined) counts.skipped += 1
    else counts.passed += 1
  })
  events.on('test:fail', (data) => {
    if (data.details.type !== 'suite' || isFile(data.name)) counts.failed += 1
  })
  await new Promise<void>((resolve, reject) => {
    events.compose(spec).on('error', reject).on('end', resolve).pipe(process.stdout, { end: false })
  })
}

/** The runner reports each file as a test of its own when it fails or is empty. */
function isFile(name: string): boolean {
  return name.endsWith('.test.ts')
}
