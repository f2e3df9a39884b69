// Placement: what a placement selects, the snapshots of it, its policy, its defaults and what makes it invalid. Hashes made
// here are KubeFleet's, so a fleet that moves to this hub sees its snapshots unchanged.
import { createHash } from 'node:crypto'
import { byText } from '../names.ts'

/** A deep copy whose members are in code-unit order, so that equal objects have equal texts. Undefined members go. */
export function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => byText(a, b))
      .map(([key, member]) => [key, sortedKeys(member)]),
  )
}

/** Lowercase hex SHA-256 of a text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
