// A conformance script: requests whose answers from a real kube-apiserver and from the hub are held against each other.
// README.md beside this file explains the format to those who write scripts.
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const Fields = z.record(z.string(), z.unknown())
const Texts = z.record(z.string(), z.string())

const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/\S*$/

const Watch = z.strictObject({
  /** Events to read before going on; fewer only when the stream ends. */
  events: z.number().int().min(0).optional(),
  /** Reads until the server ends the stream. */
  end: z.literal(true).optional(),
  /** Leaves the stream open under this name, for a later `read`. */
  as: z.string().optional(),
})

const RequestStep = z
  .strictObject({
    name: z.string().optional(),
    request: z.string().regex(requestLine, 'METHOD /path?query, without spaces'),
    headers: Texts.optional(),
    /** Content type of the body: a media type, or json-patch, merge, strategic, apply, yaml. */
    type: z.string().optional(),
    /** Sent as JSON. */
    body: z.unknown().optional(),
    text: z.string().optional(),
    base64: z.string().optional(),
    /** An object of a built-in kind, sent as Kubernetes protobuf. */
    protobuf: Fields.optional(),
    /** Impersonates a user, and its groups. */
    as: z.string().optional(),
    groups: z.array(z.string()).optional(),
    /** What the real server is known to answer: a mistake in the script fails instead of comparing two refusals. */
    code: z.number().int().optional(),
    capture: Texts.optional(),
    /** Sends the request again until the answer holds all this, for at most 15 s. */
    until: z.strictObject({ code: z.number().int().optional(), body: z.unknown().optional() }).optional(),
    watch: Watch.optional(),
    /** Compares these parts of the body only, each under a name of its own. */
    pick: Texts.optional(),
    /** Compares the complaints of a refusal whatever their order. */
    anyOrder: z.literal(true).optional(),
    ignore: z.array(z.strictObject({ path: z.string(), reason: z.string().min(10) })).optional(),
  })
  .refine(
    (step) => [step.body, step.text, step.base64, step.protobuf].filter((each) => each !== undefined).length < 2,
    'give one of body, text, base64 and protobuf',
  )

const ReadStep = z.strictObject({
  name: z.string().optional(),
  /** Name of an open watch. */
  read: z.string(),
  events: z.number().int().min(0).optional(),
  end: z.literal(true).optional(),
})

/** `GET /path -> 404` is a whole step. */
const ShortStep = z
  .string()
  .transform((text): unknown => {
    const [request, code] = text.split(' -> ')
    return { request, ...(code !== undefined && { code: Number(code) }) }
  })
  .pipe(RequestStep)

const Step = z.union([ShortStep, ReadStep, RequestStep])

const Script = z.strictObject({
  /** What holds, as a sentence. */
  title: z.string().min(10),
  /** Definitions to create first and to wait for until they are served. */
  crds: z.array(Fields).default([]),
  /** Requests that must succeed on both and are not compared. */
  setup: z.array(z.union([ShortStep, RequestStep])).default([]),
  steps: z.array(Step).min(1),
})

export type RequestStep = z.infer<typeof RequestStep>
export type ReadStep = z.infer<typeof ReadStep>
export type Step = z.infer<typeof Step>

/** A script with where it comes from. */
export interface Script extends z.infer<typeof Script> {
  /** `<group>/<name>`, unique. */
  readonly id: string
  readonly group: string
  /** The file's text: what the script itself says is never normalised. */
  readonly source: string
}

const folder = join(import.meta.dirname, 'scripts')

/** Every script whose id contains one of the words, sorted; all without words. Throws naming the file that is wrong. */
export function loadScripts(words: readonly string[] = []): readonly Script[] {
  return globSync('*/*.yaml', { cwd: folder })
    .sort()
    .map((path) => ({ path, id: path.replace(/\.yaml$/, '') }))
    .filter(({ id }) => words.length === 0 || words.some((word) => id.includes(word)))
    .map(({ path, id }) => {
      const source = readFileSync(join(folder, path), 'utf8')
      const parsed = Script.safeParse(parse(source))
      if (!parsed.success) throw new Error(`${relative('', join(folder, path))}: ${z.prettifyError(parsed.error)}`)
      return { ...parsed.data, id, group: basename(dirname(path)), source }
    })
}

/** Objects every script may rely on: definitions that would be slow to make for each. */
export function loadFixtures(): readonly Record<string, unknown>[] {
  const fixtures = join(import.meta.dirname, 'fixtures')
  return globSync('*.yaml', { cwd: fixtures })
    .sort()
    .map((path) => Fields.parse(parse(readFileSync(join(fixtures, path), 'utf8'))))
}
