import assert from 'node:assert/strict'
import { test } from 'node:test'
import { availabilityOf } from '../../../../shared/domain/health/index.ts'

const where = { group: 'batch', version: 'v1', resource: 'jobs' }
const started = { startTime: '2026-01-01T00:00:00Z' }
const condition = (type: string) => ({ conditions: [{ type, status: 'True' }] })

const cases: readonly (readonly [string, object, object, string])[] = [
  ['not started', {}, {}, 'ManifestNotAvailableYet'],
  ['running its one pod', {}, { ...started, active: 1 }, 'Available'],
  [
    'some pods missing',
    { parallelism: 3, completions: 5 },
    { ...started, active: 2, succeeded: 1 },
    'ManifestNotAvailableYet',
  ],
  ['only what is left runs', { parallelism: 3, completions: 5 }, { ...started, active: 1, succeeded: 4 }, 'Available'],
  ['complete', {}, { ...started, ...condition('Complete') }, 'Available'],
  ['failed', {}, { ...started, active: 1, ...condition('Failed') }, 'ManifestNotAvailableYet'],
  ['suspended', { suspend: true }, {}, 'Available'],
  ['not a job at all', { parallelism: 'many' }, started, 'Failed'],
]
for (const [name, spec, status, want] of cases) {
  test(`a job: ${name}`, () => {
    const object = { apiVersion: 'batch/v1', kind: 'Job', metadata: {}, spec, status }
    assert.equal(availabilityOf(where, object, { trackJobs: true }), want)
    assert.equal(availabilityOf(where, object), 'NotTrackable')
  })
}
