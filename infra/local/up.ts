// `npm start`: a whole hub on this machine. Options are in up/options.ts, the parts it starts in platform.ts.
import { createWriteStream } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorMessage, InvalidInputError } from '../../shared/errors.ts'
import type { HostLog } from './functions-host/invoker.ts'
import { type LocalPlatform, startPlatform } from './platform.ts'
import { type Credentials, localCredentials } from './up/credentials.ts'
import { type DataFolder, takeDataFolder } from './up/data-folder.ts'
import { applyExample, readManifests } from './up/example.ts'
import { type HubClient, hubClient } from './up/hub-client.ts'
import { awaitJoined, joinClusters } from './up/join.ts'
import { type ClusterAccess, readAccess, readKubeconfigFile, writeKubeconfig } from './up/kubeconfig.ts'
import { helpText, readOptions, type UpOptions } from './up/options.ts'

/** Everything must be over this long after the first Ctrl-C. */
const stopWithinMs = 4_500
/** The first request to a cold hub loads its code and creates its tables. */
const readyWithinMs = 30_000
/** Joining is waited for this long; a cluster that is away joins whenever it comes back. */
const joinWithinMs = 10_000
/** The example is followed this long, then left to the user's own eyes. */
const followMs = 60_000

const say = (line: string): void => console.log(line)

await main().catch((error: unknown) => {
  // A wrong flag or a taken port is the user's to mend: the sentence says how. Anything else is ours: show where.
  const text = error instanceof InvalidInputError || !(error instanceof Error) ? errorMessage(error) : error.stack
  console.error(text)
  process.exit(1)
})

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') return say(helpText)
  // What can be wrong about the input is found before anything starts.
  const real = options.member.map(({ name, kubeconfig }) => readKubeconfigFile(name, kubeconfig))
  const manifests = options.example.kind === 'none' ? [] : readManifests(examplePath(options))
  const folder = takeDataFolder(options.data)
  const stopping = new AbortController()
  const running: { platform?: LocalPlatform } = {}
  stopOnSignal(running, folder, stopping)
  const credentials = options.tls ? localCredentials(folder.file) : undefined
  const platform = await startPlatform({
    port: options.port,
    tls: credentials?.server,
    settings: credentials ? { HUBLESS_ADMIN_TOKEN: credentials.token } : {},
    file: folder.file,
    members: options.members,
    log: fileLog(folder.file('hub.log')),
    onStarted: (part) => say(startedLine(part, options)),
  }).catch((error: unknown) => {
    folder.release()
    throw error
  })
  running.platform = platform
  const hub = hubClient({ url: platform.url, ca: credentials?.ca, token: credentials?.token })
  await hub.ready(readyWithinMs)
  const kubeconfig = folder.file('kubeconfig')
  const members = [
    ...platform.members.members.map(({ name, kubeconfig: text }) => readAccess(name, text, `member ${name}`)),
    ...real,
  ]
  writeKubeconfig(kubeconfig, [hubAccess(platform.url, credentials), ...members])
  say(`hub ready ${platform.url}`)
  await populate(hub, members, manifests, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) console.error(`the hub runs, but not all was set up: ${errorMessage(error)}`)
  })
  if (!stopping.signal.aborted) say(nextSteps(relative('', kubeconfig) || kubeconfig, members, manifests.length > 0))
}

function hubAccess(server: string, credentials: Credentials | undefined): ClusterAccess {
  if (!credentials) return { name: 'hub', cluster: { server }, user: {} }
  const ca = Buffer.from(credentials.ca).toString('base64')
  return {
    name: 'hub',
    cluster: { server, 'certificate-authority-data': ca },
    user: { token: credentials.token },
  }
}

async function populate(
  hub: HubClient,
  members: readonly ClusterAccess[],
  manifests: ReturnType<typeof readManifests>,
  signal: AbortSignal,
): Promise<void> {
  const fresh = await joinClusters(hub, members)
  if (fresh.length > 0) say(`joining ${fresh.join(', ')}`)
  const missing = await awaitJoined(hub, members, { withinMs: joinWithinMs, signal })
  if (missing.length > 0) say(`not reached yet: ${missing.join(', ')}; kubectl describe membercluster says why`)
  if (manifests.length === 0) return
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  say(`applying ${names.join(', ')}`)
  const done = await applyExample(manifests, { hub, signal, withinMs: followMs, say: (line) => say(`  ${line}`) })
  if (!done) say('  not all is available yet; the hub goes on by itself')
}

function examplePath({ example }: UpOptions): string {
  return example.kind === 'path' ? example.path : fileURLToPath(new URL('example', import.meta.url))
}

function startedLine(part: string, { data, members }: UpOptions): string {
  const details: Readonly<Record<string, string>> = {
    tables: `tables    ${data}/tables.db`,
    messages: `messages  ${data}/messages.db`,
    members: `members   ${members} simulated`,
  }
  return details[part] ?? part
}

function nextSteps(kubeconfig: string, members: readonly ClusterAccess[], example: boolean): string {
  const kubectl = `kubectl --kubeconfig ${kubeconfig}`
  const [member] = members
  return [
    'next:',
    `  ${kubectl} get memberclusters${example ? ',clusterresourceplacements' : ''}`,
    ...(member && example ? [`  ${kubectl} --context ${member.name} get deployments -A`] : []),
    'Ctrl-C stops the hub and keeps its state.',
  ].join('\n')
}

/** The first signal stops in order, the second at once. */
function stopOnSignal(running: { platform?: LocalPlatform }, folder: DataFolder, stopping: AbortController): void {
  const stop = (): void => {
    if (stopping.signal.aborted) process.exit(130)
    stopping.abort()
    say('\nstopping (Ctrl-C again to stop at once)')
    setTimeout(() => process.exit(1), stopWithinMs).unref()
    const stopped = running.platform?.stop() ?? Promise.resolve()
    stopped
      .catch((error: unknown) => console.error(errorMessage(error)))
      .finally(() => {
        folder.release()
        process.exit(0)
      })
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
}

/** JSON lines; what the app itself logs at warning level goes to the terminal, see HUBLESS_LOG. */
function fileLog(path: string): HostLog {
  const out = createWriteStream(path, { flags: 'a', mode: 0o600 })
  return (line) => {
    if (line.level !== 'trace' && line.level !== 'debug')
      out.write(`${JSON.stringify({ time: new Date(), ...line })}\n`)
  }
}
