// Child processes of a test: each writes to a log file of its own and none outlives the test process.
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

/** A child process. */
export interface Running {
  readonly name: string
  readonly pid: number
  /** False once the process has ended, for whatever reason. */
  alive(): boolean
  signal(signal: NodeJS.Signals): void
  /** Ends the process and waits until it is gone: `SIGKILL` at once, `SIGTERM` with five seconds of grace. */
  stop(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** The last lines the process wrote, for failure messages. */
  log(): string
}

const children = new Set<ChildProcess>()
let guarded = false

/** A test that is interrupted must not leave servers behind. */
function guard(): void {
  if (guarded) return
  guarded = true
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL')
  }
  process.once('exit', killAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll()
      process.exit(1)
    })
  }
}

/**
 * Starts a program with its output in `<folder>/<name>.log`. On Linux the kernel ends it together with this process, so
 * that even a killed test leaves nothing running.
 */
export function startProcess(folder: string, name: string, command: string, args: readonly string[]): Running {
  guard()
  const logPath = join(folder, `${name}.log`)
  const output = openSync(logPath, 'a')
  const [program, ...rest] = tiedToParent([command, ...args])
  const child = spawn(program, rest, { stdio: ['ignore', output, output], cwd: folder })
  closeSync(output)
  children.add(child)
  const ended = new Promise<void>((resolve) => {
    const done = () => {
      children.delete(child)
      resolve()
    }
    child.once('exit', done)
    child.once('error', done)
  })
  const alive = () => children.has(child)
  return {
    name,
    pid: child.pid ?? -1,
    alive,
    signal: (signal) => void child.kill(signal),
    stop: async (signal = 'SIGTERM') => {
      if (!alive()) return
      // A paused process takes no other signal before it continues.
      child.kill('SIGCONT')
      child.kill(signal)
      const force = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(force)
    },
    log: () => (existsSync(logPath) ? readFileSync(logPath, 'utf8').split('\n').slice(-25).join('\n') : ''),
  }
}

function tiedToParent(command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  const setpriv = '/usr/bin/setpriv'
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', '--', ...command] : command
}

/** Ports that are free on loopback now, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(0, '127.0.0.1', resolve)
      })
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
