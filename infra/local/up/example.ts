// Applies the example and follows its placements until their resources are available.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import type { KubeObject } from '../../../shared/api/kube-object.ts'
import { InvalidInputError } from '../../../shared/errors.ts'
import type { HubClient } from './hub-client.ts'

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
})

const Conditions = z
  .array(z.object({ type: z.string(), status: z.string(), observedGeneration: z.number().optional() }))
  .default([])
const PlacementView = z.looseObject({
  metadata: z.looseObject({ generation: z.number().default(0) }),
  status: z
    .object({
      conditions: Conditions,
      placementStatuses: z.array(z.object({ clusterName: z.string().default(''), conditions: Conditions })).default([]),
    })
    .prefault({}),
})

/** Reads one YAML file or all of a folder, in the order of their names. Throws InvalidInputError naming the file. */
export function readManifests(path: string): KubeObject[] {
  const files = statSync(path).isDirectory()
    ? readdirSync(path)
        .filter((name) => ['.yaml', '.yml'].includes(extname(name)))
        .sort()
        .map((name) => join(path, name))
    : [path]
  const manifests = files.flatMap(readFile)
  if (manifests.length === 0) throw new InvalidInputError(`--example: there is no Kubernetes object in ${path}`)
  // Namespaces go first: what lies in one may come in an earlier file.
  return manifests.sort((a, b) => Number(a.kind !== 'Namespace') - Number(b.kind !== 'Namespace'))
}

function readFile(file: string): KubeObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { logLevel: 'silent' }).flatMap((document) => {
    const error = document.errors[0]
    if (error) throw new InvalidInputError(`--example: ${file}: ${error.message}`)
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    if (value === null || value === undefined) return []
    const parsed = Manifest.safeParse(value)
    if (parsed.success) return [parsed.data]
    const issue = parsed.error.issues[0]
    throw new InvalidInputError(`--example: ${file}: ${issue?.path.join('.')}: ${issue?.message}`)
  })
}

export interface Follow {
  readonly hub: HubClient
  readonly say: (line: string) => void
  readonly signal: AbortSignal
  /** How long to follow before leaving it to the user. */
  readonly withinMs: number
}

/** Applies everything and says how far each placement is, whenever that changes. True when all became available. */
export async function applyExample(manifests: readonly KubeObject[], follow: Follow): Promise<boolean> {
  for (const manifest of manifests) {
    follow.signal.throwIfAborted()
    await follow.hub.apply(manifest)
  }
  const placements = manifests.filter(({ kind }) => /^(Cluster)?ResourcePlacement$/.test(kind))
  const results = await Promise.all(placements.map((placement) => followPlacement(placement, follow)))
  return results.every((available) => available)
}

async function followPlacement(placement: KubeObject, { hub, say, signal, withinMs }: Follow): Promise<boolean> {
  const deadline = Date.now() + withinMs
  let last = ''
  for (;;) {
    const { line, available } = progressOf(placement, await hub.get(placement))
    if (line !== last) say(line)
    last = line
    if (available) return true
    if (Date.now() > deadline) return false
    await sleep(250, undefined, { signal })
  }
}

/** One line on how far a placement is. */
export function progressOf(
  { kind, metadata: { name } }: KubeObject,
  current: KubeObject | undefined,
): { line: string; available: boolean } {
  const title = `${kind} ${name}`
  const parsed = PlacementView.safeParse(current)
  if (!parsed.success) return { line: `${title}: waiting`, available: false }
  const { metadata, status } = parsed.data
  const isTrue = (conditions: z.infer<typeof Conditions>, suffix: string): boolean =>
    conditions.some(({ type, status: state }) => type.endsWith(suffix) && state === 'True')
  const clusters = status.placementStatuses.filter(({ clusterName }) => clusterName !== '')
  const count = (suffix: string): number => clusters.filter(({ conditions }) => isTrue(conditions, suffix)).length
  const available = status.conditions.some(
    ({ type, status: state, observedGeneration }) =>
      type === `${kind}Available` && state === 'True' && (observedGeneration ?? 0) >= metadata.generation,
  )
  if (clusters.length === 0) return { line: `${title}: scheduling`, available }
  return {
    line: `${title}: on ${clusters.length} clusters, applied on ${count('Applied')}, available on ${count('Available')}`,
    available,
  }
}
