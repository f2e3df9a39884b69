// What `npm start` can be told, and the complaint about everything else.
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { InvalidInputError } from '../../../shared/errors.ts'

export const helpText = `Starts a hub on this machine: tables, message bus, member clusters and the function app, in one process.

  npm start -- [options]

  --port N                 port of the hub's API on 127.0.0.1 (default 7071; 0 picks a free one)
  --tls                    serves HTTPS with a certificate of its own and asks every caller for a token
  --data FOLDER            where state, log and kubeconfig live (default .hubless)
  --members N              simulated member clusters, 0 to 1000 (default 3)
  --member NAME=KUBECONFIG joins a real cluster by its kubeconfig file; may be given several times
  --example PATH           applies this YAML file or folder once the hub is ready (default: a small web shop)
  --no-example             applies nothing
  --help                   shows this
`

/** A label of DNS, as every cluster's name is. */
const clusterName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

const wholeNumber = (min: number, max: number, fallback: number) =>
  z
    .string()
    .default(String(fallback))
    .refine((text) => /^\d{1,6}$/.test(text) && Number(text) >= min && Number(text) <= max, {
      error: ({ input }) => `${JSON.stringify(input)} is not allowed; give a whole number from ${min} to ${max}`,
    })
    .transform(Number)

const existingPath = (path: string): boolean => existsSync(path)

const Member = z.string().transform((text, context) => {
  const at = text.indexOf('=')
  const [name, kubeconfig] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)]
  const complain = (message: string): never => {
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  if (at < 1 || kubeconfig === '') return complain(`${JSON.stringify(text)} is not allowed; give NAME=KUBECONFIG`)
  if (!clusterName.test(name)) {
    return complain(`${JSON.stringify(name)} is no cluster name; use lower-case letters, digits and -, at most 63`)
  }
  if (!existingPath(kubeconfig)) return complain(`there is no file ${kubeconfig} for cluster ${name}`)
  return { name, kubeconfig }
})

const Options = z
  .object({
    port: wholeNumber(0, 65_535, 7_071),
    data: z.string().min(1, 'give a folder').default('.hubless'),
    tls: z.boolean().default(false),
    members: wholeNumber(0, 1_000, 3),
    member: z.array(Member).default([]),
    example: z
      .string()
      .refine(existingPath, { error: ({ input }) => `there is no file or folder ${String(input)}` })
      .optional(),
    'no-example': z.boolean().default(false),
  })
  .refine((options) => !(options.example && options['no-example']), {
    path: ['example'],
    error: 'give either --example or --no-example',
  })

export interface UpOptions {
  readonly port: number
  /** HTTPS, and callers must show a token. */
  readonly tls: boolean
  readonly data: string
  readonly members: number
  readonly member: readonly { readonly name: string; readonly kubeconfig: string }[]
  /** `default` is the shop that comes with the repository. */
  readonly example: { readonly kind: 'none' | 'default' } | { readonly kind: 'path'; readonly path: string }
}

/** Throws InvalidInputError naming each wrong flag, its value and what is allowed. `help` is asked for with --help. */
export function readOptions(args: readonly string[]): UpOptions | 'help' {
  const values = parse(args)
  if (values['help']) return 'help'
  const parsed = Options.safeParse(values)
  if (!parsed.success) {
    throw new InvalidInputError(
      parsed.error.issues.map((issue) => `--${String(issue.path[0])}: ${issue.message}`).join('\n'),
    )
  }
  const { port, tls, data, members, member, example } = parsed.data
  const taken = [...simulatedNames(members), ...member.map(({ name }) => name)]
  const twice = taken.find((name, at) => taken.indexOf(name) !== at)
  if (twice !== undefined) {
    throw new InvalidInputError(
      `--member: two clusters are called ${twice}; simulated ones are member-1 to member-${members}, choose another name`,
    )
  }
  if (example !== undefined) return { port, tls, data, members, member, example: { kind: 'path', path: example } }
  return { port, tls, data, members, member, example: { kind: parsed.data['no-example'] ? 'none' : 'default' } }
}

export function simulatedNames(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `member-${n + 1}`)
}

function parse(args: readonly string[]): Record<string, unknown> {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      options: {
        port: { type: 'string' },
        tls: { type: 'boolean' },
        data: { type: 'string' },
        members: { type: 'string' },
        member: { type: 'string', multiple: true },
        example: { type: 'string' },
        'no-example': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    throw new InvalidInputError(
      `${first}\nAllowed are --port, --tls, --data, --members, --member, --example, --no-example and --help`,
    )
  }
}
