// kubectl as a user runs it: the real program against a kubeconfig.
import { spawn } from 'node:child_process'
import { asset } from './control-plane.ts'

/** How one run ended. */
export interface KubectlResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** kubectl with its kubeconfig. */
export interface Kubectl {
  /** Runs kubectl and resolves whatever its exit code. `input` goes to standard input (`-f -`). */
  try(args: readonly string[], input?: string): Promise<KubectlResult>
  /** Runs kubectl and returns its standard output; throws with both outputs when it fails. */
  run(args: readonly string[], input?: string): Promise<string>
  /** `run` with `-o json`, parsed. */
  json(args: readonly string[]): Promise<Record<string, unknown>>
  /** Applies objects, or a YAML text, server-side or (default) client-side. */
  apply(manifests: string | readonly unknown[], flags?: readonly string[]): Promise<string>
}

/** `kubeconfigPath` is a file; `context` defaults to its current one. One run may take 60 s at most. */
export function kubectl(kubeconfigPath: string, context?: string): Kubectl {
  const base = [`--kubeconfig=${kubeconfigPath}`, ...(context === undefined ? [] : [`--context=${context}`])]
  const attempt: Kubectl['try'] = (args, input) => execute([...base, ...args], input)
  const run: Kubectl['run'] = async (args, input) => {
    const { code, stdout, stderr } = await attempt(args, input)
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`)
    return stdout
  }
  return {
    try: attempt,
    run,
    json: async (args) => JSON.parse(await run([...args, '-o', 'json'])) as Record<string, unknown>,
    apply: (manifests, flags = []) =>
      run(
        ['apply', ...flags, '-f', '-'],
        typeof manifests === 'string' ? manifests : manifests.map((each) => JSON.stringify(each)).join('\n---\n'),
      ),
  }
}

function execute(args: readonly string[], input: string | undefined): Promise<KubectlResult> {
  return new Promise((resolve, reject) => {
    // A home of its own keeps a developer's kubectl caches and preferences out of the test.
    const env = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' }
    const child = spawn(asset('kubectl'), args, { env, timeout: 60_000 })
    const output = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8')
      child[stream].on('data', (text: string) => {
        output[stream] += text
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, ...output }))
    // kubectl may end without reading what it was sent.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
