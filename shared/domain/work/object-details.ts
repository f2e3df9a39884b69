// The differences of one round in full, for those who ask for more than the status holds.
import type { ObjectDetail } from '../../api/work-detail.ts'
import { withAuthors } from './authors.ts'
import type { ManifestOutcome } from './result.ts'

/** Differences of each object; those that were found in an earlier round as they were told then. */
export function objectDetails(outcomes: readonly ManifestOutcome[], before: readonly ObjectDetail[]): ObjectDetail[] {
  return outcomes.flatMap((outcome) => {
    const { id, envelope, drifts = [], diffs = [], found } = outcome
    const { ordinal: _, resource: __, ...object } = id
    if (outcome.toldAgain || outcome.kept) return before.filter((known) => isOf(known, object))
    const detail = (type: ObjectDetail['type'], fields: typeof drifts): ObjectDetail[] =>
      fields.length === 0
        ? []
        : [{ type, ...object, ...(envelope && { envelope }), fields: withAuthors(fields, found) }]
    return [...detail('Drift', drifts), ...detail('Diff', diffs)]
  })
}

function isOf(detail: ObjectDetail, object: Omit<ManifestOutcome['id'], 'ordinal' | 'resource'>): boolean {
  return (['group', 'kind', 'namespace', 'name'] as const).every((key) => (detail[key] ?? '') === (object[key] ?? ''))
}
