// The hub as a user starts it, in a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface HubProcess {
  readonly url: string
  readonly pid: number
  readonly kubeconfigPath: string
  /** Everything it printed. */
  output(): string
  /** Ends it: SIGKILL is a crash. Resolves with the exit code, null for a signal. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `npm start`'s program and waits for its ready line. `settings` go into its environment. */
export async function startHub(
  dataFolder: string,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<HubProcess> {
  const child = spawn(process.execPath, ['infra/local/up.ts', '--data', dataFolder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...settings },
  })
  running.add(child)
  const ended = once(child, 'exit').then(([code]) => {
    running.delete(child)
    return code as number | null
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the hub did not get ready: ${output}`)), 60_000)
    const look = () => {
      const ready = /hub ready (http:\S+)/.exec(output)
      if (!ready?.[1]) return
      clearTimeout(timer)
      resolve(ready[1])
    }
    child.stdout.on('data', look)
    ended.then((code) => reject(new Error(`the hub ended with ${code}: ${output}`)), reject)
  })
  return {
    url,
    pid: child.pid ?? -1,
    kubeconfigPath: join(dataFolder, 'kubeconfig'),
    output: () => output,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}
