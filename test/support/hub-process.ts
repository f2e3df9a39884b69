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
  /** Resolves once it has printed something like this. */
  printed(pattern: RegExp): Promise<void>
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
  const printed = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the hub never printed ${pattern}: ${output}`)), 90_000)
      const look = () => {
        const match = pattern.exec(output)
        if (!match) return
        clearTimeout(timer)
        child.stdout.off('data', look)
        resolve(match)
      }
      child.stdout.on('data', look)
      ended.then((code) => reject(new Error(`the hub ended with ${code}: ${output}`)), reject)
      look()
    })
  const [, url = ''] = await printed(/hub ready (https?:\S+)/)
  return {
    url,
    pid: child.pid ?? -1,
    kubeconfigPath: join(dataFolder, 'kubeconfig'),
    output: () => output,
    printed: async (pattern) => {
      await printed(pattern)
    },
    stop: (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}
