// Conflicts: fields an apply would change although another manager owns them.
import { type FieldSet, pathsOf, pathText } from './field-set.ts'
import type { ManagerEntry } from './managed-fields.ts'
import type { PathStep } from './path-step.ts'

export interface ApplyConflict {
  readonly owner: Pick<ManagerEntry, 'manager' | 'operation' | 'apiVersion' | 'subresource' | 'time'>
  readonly path: readonly PathStep[]
  /** `.spec.replicas` */
  readonly field: string
  /** `conflict with "kubectl" using apps/v1 at 2026-01-02T03:04:05Z` */
  readonly message: string
}

function ownerText({ manager, operation, apiVersion, subresource, time }: ApplyConflict['owner']): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`)
  if (operation === 'Apply') return name
  return `${name} using ${apiVersion}${time === undefined ? '' : ` at ${time}`}`
}

export function conflictsOf(owner: ManagerEntry, fields: FieldSet): ApplyConflict[] {
  const { manager, operation, apiVersion, subresource } = owner
  // The identity in which Kubernetes reports an owner carries no time.
  const who = { manager, operation, apiVersion: operation === 'Apply' ? '' : apiVersion, subresource, time: undefined }
  return pathsOf(fields).map((path) => ({
    owner: who,
    path,
    field: pathText(path),
    message: `conflict with ${ownerText(who)}`,
  }))
}

/** The message of the 409 Status. */
export function conflictMessage(conflicts: readonly ApplyConflict[]): string {
  const [only] = conflicts
  if (only && conflicts.length === 1) return `Apply failed with 1 conflict: ${only.message}: ${only.field}`
  const owners = Map.groupBy(conflicts, ({ owner }) => ownerText(owner))
  const lines = [...owners].flatMap(([owner, list]) => [
    `conflicts with ${owner}:`,
    ...list.map(({ field }) => `- ${field}`),
  ])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}
