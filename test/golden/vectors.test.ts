// Replays every golden vector file of the folder beside the repository against the domain, one test a file.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isKnown, readVectors, replay } from '../../infra/tooling/vectors/files.ts'
import { loadExceptions } from '../../infra/tooling/vectors.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const folder = process.env['HUBLESS_GOLDEN'] ?? join(root, '../shared/golden')
const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.jsonl(\.gz)?$/.test(name)) : []
const exceptions = loadExceptions()

if (files.length === 0) console.log(`no golden vectors in ${folder}: set HUBLESS_GOLDEN to their folder to replay them`)

/** Families nobody replays yet are named here; a line that is not known in any other file fails. */
const unknown = files.filter((file) => !readVectors(join(folder, file)).some((line) => isKnown(file, line, exceptions)))
if (unknown.length > 0) console.log(`no replayer for ${unknown.join(', ')}`)

for (const file of files.filter((name) => !unknown.includes(name)).sort()) {
  test(`${file} comes out as recorded`, () => {
    const failed = readVectors(join(folder, file))
      .map((line) => replay(file, line, exceptions))
      .filter(({ differences }) => differences.length > 0)
    assert.equal(failed.length, 0, JSON.stringify(failed.slice(0, 3), null, 2))
  })
}

test('every vector that is not replayed says why', () => {
  for (const { file, reason } of exceptions) assert.ok(file !== '' && reason.length > 20, `${file}: ${reason}`)
})
