// `npm run conformance [-- WORD...]`: the scripts whose group or name contains a word, against a real API server and the hub.
import { loadAccepted } from './accepted.ts'
import { report, tally } from './report.ts'
import { runScripts } from './runner.ts'
import { loadFixtures, loadScripts } from './script.ts'
import { startServers } from './servers.ts'

if (!process.env['KUBEBUILDER_ASSETS']) {
  console.error(
    'KUBEBUILDER_ASSETS is not set: it names a folder with etcd, kube-apiserver and kube-controller-manager',
  )
  process.exit(2)
}
const words = process.argv.slice(2)
const scripts = loadScripts(words)
if (scripts.length === 0) {
  console.error(`no script has ${words.join(' or ')} in its group or name`)
  process.exit(2)
}
const begin = Date.now()
const outcomes = await (async () => {
  await using servers = await startServers()
  return await runScripts(servers, scripts, loadFixtures(), loadAccepted())
})()
for (const line of report(outcomes).slice(0, -1)) console.log(line)
console.log(`${scripts.length} scripts in ${Math.round((Date.now() - begin) / 1000)} s`)
console.log(report(outcomes).at(-1))
process.exitCode = tally(outcomes).failed > 0 ? 1 : 0
