// What each cell comes to, as the reference describes take-over, comparison, apply and drift: the first row that fits says
// it. Nothing here is taken from the hub's code.
import type { PatchDetail } from '../../../../shared/api/placement.ts'
import type { ApplyResult } from '../../../../shared/domain/work/result.ts'
import type { Cell } from './cells.ts'

export interface Expected {
  readonly result: ApplyResult
  /** The description on the member. */
  readonly description: 'wanted' | 'theirs' | 'absent'
  /** Whether the placement's AppliedWork owns it. */
  readonly owned: boolean
  /** Field managers of the description. */
  readonly writers: readonly ('hubless' | 'somebody')[]
  readonly drifts?: readonly PatchDetail[]
  readonly diffs?: readonly PatchDetail[]
  /** What the hub, beyond the reference, may still tell as drift for a while after it has put it right. */
  readonly repaired?: readonly PatchDetail[]
  /** The member's own words, where it refused. */
  readonly words?: RegExp
}

const description: PatchDetail = { path: '/description', valueInMember: 'theirs', valueInHub: 'wanted' }
const extraLabel: PatchDetail = { path: '/metadata/labels/extra', valueInMember: 'theirs' }
const value: PatchDetail = { path: '/value', valueInMember: '100', valueInHub: '200' }

interface Row extends Expected {
  readonly when: (cell: Cell) => boolean
}

const reports = ({ mode }: Cell) => mode === 'RD'
const never = ({ whenToTakeOver }: Cell) => whenToTakeOver === 'Never'
const ifNoDiff = ({ whenToTakeOver }: Cell) => whenToTakeOver === 'IfNoDiff'
const full = ({ comparison }: Cell) => comparison === 'Full'
const unforced = ({ mode }: Cell) => mode === 'SSA'
const server = ({ mode }: Cell) => mode === 'SSA' || mode === 'SSA!'
const ifNotDrifted = ({ whenToApply }: Cell) => whenToApply === 'IfNotDrifted'
const noCoOwners = ({ allowCoOwnership }: Cell) => !allowCoOwnership
const both =
  (...all: readonly ((cell: Cell) => boolean)[]) =>
  (cell: Cell) =>
    all.every((one) => one(cell))
const always = () => true

const theirs = { description: 'theirs', owned: false, writers: ['somebody'] } as const
const untouched = { description: 'wanted', owned: false, writers: ['somebody'] } as const
const applied = { result: 'Applied', description: 'wanted', owned: true, writers: ['hubless'] } as const

const rows: Readonly<Record<Cell['situation'], readonly Row[]>> = {
  absent: [
    {
      when: reports,
      result: 'FoundDiff',
      description: 'absent',
      owned: false,
      writers: [],
      diffs: [{ path: '/', valueInHub: '(the whole object)' }],
    },
    { when: always, ...applied },
  ],

  'foreign-same': [
    { when: both(reports, never), ...untouched, result: 'NoDiffFound' },
    { when: reports, ...untouched, owned: true, result: 'NoDiffFound' },
    { when: never, ...untouched, result: 'NotTakenOver' },
    // A merge patch does not touch what is right already; server-side apply shares it.
    { when: server, ...applied, writers: ['hubless', 'somebody'] },
    { when: always, ...applied, writers: ['somebody'] },
  ],

  'foreign-different': [
    { when: ifNoDiff, ...theirs, result: 'FailedToTakeOver', diffs: [description] },
    { when: both(reports, never), ...theirs, result: 'FoundDiff', diffs: [description] },
    { when: reports, ...theirs, owned: true, result: 'FoundDiff', diffs: [description] },
    { when: never, ...theirs, result: 'NotTakenOver' },
    { when: unforced, ...theirs, owned: true, result: 'ManifestApplyFailed', words: /conflict.*somebody/s },
    { when: always, ...applied },
  ],

  'foreign-extra': [
    { when: both(full, ifNoDiff), ...untouched, result: 'FailedToTakeOver', diffs: [extraLabel] },
    { when: both(full, reports, never), ...untouched, result: 'FoundDiff', diffs: [extraLabel] },
    { when: both(full, reports), ...untouched, owned: true, result: 'FoundDiff', diffs: [extraLabel] },
    { when: both(reports, never), ...untouched, result: 'NoDiffFound' },
    { when: reports, ...untouched, owned: true, result: 'NoDiffFound' },
    { when: never, ...untouched, result: 'NotTakenOver' },
    // The first round applies, for nothing was applied before; from then on the label is drift.
    {
      when: both(full, ifNotDrifted, server),
      ...applied,
      writers: ['hubless', 'somebody'],
      result: 'FoundDrifts',
      drifts: [extraLabel],
    },
    {
      when: both(full, ifNotDrifted),
      ...applied,
      writers: ['somebody'],
      result: 'FoundDrifts',
      drifts: [extraLabel],
    },
    { when: both(full, server), ...applied, writers: ['hubless', 'somebody'], drifts: [extraLabel] },
    { when: full, ...applied, writers: ['somebody'], drifts: [extraLabel] },
    { when: server, ...applied, writers: ['hubless', 'somebody'] },
    { when: always, ...applied, writers: ['somebody'] },
  ],

  'foreign-owned': [
    { when: both(reports, never), ...untouched, result: 'NoDiffFound' },
    { when: never, ...untouched, result: 'NotTakenOver' },
    { when: noCoOwners, ...untouched, result: 'FailedToTakeOver' },
    { when: reports, ...untouched, owned: true, result: 'NoDiffFound' },
    { when: server, ...applied, writers: ['hubless', 'somebody'] },
    { when: always, ...applied, writers: ['somebody'] },
  ],

  'ours-same': [
    { when: reports, ...applied, result: 'NoDiffFound' },
    { when: always, ...applied },
  ],

  'ours-drifted': [
    { when: reports, ...theirs, owned: true, result: 'FoundDiff', diffs: [description] },
    { when: ifNotDrifted, ...theirs, owned: true, result: 'FoundDrifts', drifts: [description] },
    { when: unforced, ...theirs, owned: true, result: 'ManifestApplyFailed', words: /conflict.*somebody/s },
    // Overwritten, which is no drift any more; see infra/decisions/0011-client-side-apply-by-default.md.
    { when: always, ...applied, repaired: [description] },
  ],

  'ours-extra': [
    { when: both(full, reports), ...applied, result: 'FoundDiff', diffs: [extraLabel] },
    { when: reports, ...applied, result: 'NoDiffFound' },
    { when: both(full, ifNotDrifted), ...applied, result: 'FoundDrifts', drifts: [extraLabel] },
    { when: full, ...applied, drifts: [extraLabel] },
    { when: always, ...applied },
  ],

  'ours-co-owned': [
    { when: reports, ...applied, result: 'NoDiffFound' },
    { when: noCoOwners, ...applied, result: 'ManifestApplyFailed', words: /co-owned/ },
    { when: always, ...applied },
  ],

  'immutable-change': [
    // The dry run is refused as invalid, so all fields are compared.
    { when: both(reports, full), ...applied, result: 'FoundDiff', diffs: [value] },
    { when: reports, ...applied, result: 'FoundDiffInDegradedMode', diffs: [value] },
    { when: always, ...applied, result: 'ManifestApplyFailed', words: /may not be changed/ },
  ],

  deleting: [
    { when: reports, ...applied, result: 'NoDiffFound' },
    { when: always, ...applied },
  ],
}

/** What the reference says about a cell. */
export function expectedOf(cell: Cell): Expected {
  const row = rows[cell.situation].find(({ when }) => when(cell))
  if (!row) throw new Error(`no row for ${cell.name}`)
  return row
}
