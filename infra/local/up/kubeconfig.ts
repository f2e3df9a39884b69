// Kubeconfig files: one written for kubectl with the hub and its members as contexts, and those of real clusters read.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { InvalidInputError } from '../../../shared/errors.ts'

const named = <F extends string>(field: F) =>
  z.looseObject({ name: z.string() }).and(z.record(z.literal(field), z.looseObject({})))
const Kubeconfig = z.looseObject({
  'current-context': z.string().min(1),
  contexts: z.array(
    z.object({ name: z.string(), context: z.looseObject({ cluster: z.string(), user: z.string().optional() }) }),
  ),
  clusters: z.array(named('cluster')),
  users: z.array(named('user')).default([]),
})
type Fields = Record<string, unknown>

/** One cluster as kubectl needs it. */
export interface ClusterAccess {
  readonly name: string
  readonly cluster: Fields
  readonly user: Fields
}

/** Fields that name a file, and the field that holds its content instead. */
const fileFields = [
  ['cluster', 'certificate-authority', 'certificate-authority-data'],
  ['user', 'client-certificate', 'client-certificate-data'],
  ['user', 'client-key', 'client-key-data'],
] as const

/**
 * The current context of a kubeconfig text, under a name of our own. `folder` is where its relative file names start.
 * Throws InvalidInputError naming `source` and what is wrong, without quoting the text.
 */
export function readAccess(name: string, text: string, source: string, folder = '.'): ClusterAccess {
  const config = parseConfig(text, source)
  const current = config.contexts.find((context) => context.name === config['current-context'])?.context
  const cluster = config.clusters.find((each) => each.name === current?.cluster)?.cluster
  if (!current || !cluster) {
    throw new InvalidInputError(
      `${source}: its current-context must name a context and that a cluster, both in the file`,
    )
  }
  const user = config.users.find((each) => each.name === current.user)?.user ?? {}
  const access = { name, cluster: { ...cluster }, user: { ...user } }
  for (const [part, field, dataField] of fileFields) inlineFile(access[part], field, dataField, source, folder)
  return access
}

/** Reads the file of a real cluster. */
export function readKubeconfigFile(name: string, path: string): ClusterAccess {
  return readAccess(name, readText(path, path), path, dirname(resolve(path)))
}

/** A kubeconfig text with these clusters as contexts; the first is the current one. */
export function kubeconfigText(clusters: readonly ClusterAccess[]): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.name ?? '',
    clusters: clusters.map(({ name, cluster }) => ({ name, cluster })),
    users: clusters.map(({ name, user }) => ({ name, user })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  })
}

/** Written for its owner only: it holds credentials. */
export function writeKubeconfig(path: string, clusters: readonly ClusterAccess[]): void {
  writeFileSync(path, kubeconfigText(clusters), { mode: 0o600 })
}

function parseConfig(text: string, source: string): z.infer<typeof Kubeconfig> {
  let value: unknown
  try {
    value = parse(text, { logLevel: 'error', maxAliasCount: 20 })
  } catch {
    throw new InvalidInputError(`${source} is not YAML`)
  }
  const parsed = Kubeconfig.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new InvalidInputError(`${source} is no kubeconfig: ${issue?.path.join('.')}: ${issue?.message}`)
}

function inlineFile(fields: Fields, field: string, dataField: string, source: string, folder: string): void {
  const path = fields[field]
  if (typeof path !== 'string' || path === '') return
  fields[dataField] = Buffer.from(readText(resolve(folder, path), `${source}: ${field}`)).toString('base64')
  delete fields[field]
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new InvalidInputError(`${what} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
}
