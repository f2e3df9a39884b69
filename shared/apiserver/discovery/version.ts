// `/version`: one fixed, recent minor, which clients compare with their own.
import type { JsonObject } from '../../api/json.ts'
import { InvariantError } from '../../errors.ts'

/** Throws InvariantError when the version is no semantic version, which clients could not read. */
export function versionDocument(gitVersion: string): JsonObject {
  const match = /^v(\d+)\.(\d+)\.\d+(?:[-+][\w.+-]+)?$/.exec(gitVersion)
  if (!match) throw new InvariantError(`"${gitVersion}" is no version such as v1.36.0`)
  const [, major = '', minor = ''] = match
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: 'node',
    platform: `${process.platform}/${process.arch}`,
  }
}
