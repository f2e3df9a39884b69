// Patterns as Kubernetes reads them: RE2 syntax, unanchored, and linear in time whatever the text.
import { RE2JS } from 're2js'

/** Compiled patterns are few (they come from schemas); the bound is for a hub whose schemas change for months. */
const kept = 2000
const compiled = new Map<string, RE2JS>()

/** Throws when the pattern is not RE2; the message is re2's. */
export function compilePattern(pattern: string): RE2JS {
  let found = compiled.get(pattern)
  if (found === undefined) {
    found = RE2JS.compile(pattern)
    if (compiled.size >= kept) compiled.clear()
    compiled.set(pattern, found)
  }
  return found
}

/** True when the pattern matches somewhere in the text. */
export function matchesPattern(pattern: string, text: string): boolean {
  return compilePattern(pattern).matcher(text).find()
}
