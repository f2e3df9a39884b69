// Who made a field of a live object what it is, as the member's API server keeps it in managedFields.
import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../api/kube-object.ts'
import type { PatchDetail } from '../../api/placement.ts'
import type { DetailedField } from '../../api/work-detail.ts'
import { isOwnManager } from './own-fields.ts'

interface Manager {
  readonly manager: string
  readonly time: string | undefined
  readonly fields: unknown
}

/** The details with the manager that owns each field on the member, where one does besides the hub. */
export function withAuthors(details: readonly PatchDetail[], live: KubeObject | undefined): DetailedField[] {
  const managers = managersOf(live)
  return details.map((detail) => {
    const author = managers.length > 0 ? authorOf(detail.path, live, managers) : undefined
    if (!author) return detail
    return { ...detail, manager: author.manager, ...(author.time !== undefined && { changedAt: author.time }) }
  })
}

/** Newest first. */
function managersOf(live: KubeObject | undefined): Manager[] {
  return (live?.metadata.managedFields ?? [])
    .map((entry) => ({
      manager: String(entry['manager'] ?? ''),
      time: typeof entry['time'] === 'string' ? entry['time'] : undefined,
      fields: entry['fieldsV1'],
    }))
    .filter(({ manager }) => manager !== '' && !isOwnManager(manager))
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? 1 : -1))
}

function authorOf(path: string, live: unknown, managers: readonly Manager[]): Manager | undefined {
  const segments = path
    .split('/')
    .slice(1)
    .map((text) => text.replaceAll('~1', '/').replaceAll('~0', '~'))
  return managers.find(({ fields }) => owns(fields, live, segments))
}

/** Whether a set of fields holds a path, something below it, or an atom above it. */
function owns(fields: unknown, value: unknown, [segment, ...rest]: readonly string[]): boolean {
  if (segment === undefined) return true
  if (!isJsonObject(fields)) return false
  const below = Object.keys(fields).filter((key) => key !== '.')
  // A list or map that is owned as one piece has no entries for its parts.
  if (below.length === 0) return true
  if (Array.isArray(value)) {
    const item: unknown = segment === '-' ? value.at(-1) : value[Number(segment)]
    const step = below.find((key) => isStepTo(key, item, segment))
    return step !== undefined && owns(fields[step], item, rest)
  }
  const inner = isJsonObject(value) ? value[segment] : undefined
  return Object.hasOwn(fields, `f:${segment}`) && owns(fields[`f:${segment}`], inner, rest)
}

function isStepTo(step: string, item: unknown, index: string): boolean {
  if (step === `i:${index}`) return true
  const wanted = parsed(step.slice(2))
  if (step.startsWith('v:')) return JSON.stringify(wanted) === JSON.stringify(item)
  if (!step.startsWith('k:') || !isJsonObject(wanted) || !isJsonObject(item)) return false
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(item[key]) === JSON.stringify(value))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
