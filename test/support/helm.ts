// Helm as a user runs it: the real program against a kubeconfig.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { asset } from './control-plane.ts'

export interface HelmResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Helm {
  /** Runs helm and resolves whatever its exit code. */
  try(...args: readonly string[]): Promise<HelmResult>
  /** Runs helm and returns its standard output; throws with both outputs when it fails. */
  run(...args: readonly string[]): Promise<string>
}

/** `home` is a folder for its caches and settings. One run may take 60 s at most. */
export function helm(kubeconfigPath: string, home: string): Helm {
  const attempt: Helm['try'] = (...args) =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: kubeconfigPath }
      const child = spawn(asset('helm'), args, { env, timeout: 60_000, stdio: ['ignore', 'pipe', 'pipe'] })
      const output = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const) {
        child[stream].setEncoding('utf8')
        child[stream].on('data', (text: string) => {
          output[stream] += text
        })
      }
      child.once('error', reject)
      child.once('close', (code) => resolve({ code: code ?? -1, ...output }))
    })
  return {
    try: attempt,
    run: async (...args) => {
      const { code, stdout, stderr } = await attempt(...args)
      if (code !== 0) throw new Error(`helm ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
      return stdout
    },
  }
}

/** Writes a chart's files below `folder` and returns it. */
export function writeChart(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}
