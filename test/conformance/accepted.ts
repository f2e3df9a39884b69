// differences.yaml: every difference from a real API server that is meant to be, and why.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const Accepted = z.strictObject({
  /** `<group>/<name>` of the script. */
  script: z.string(),
  /** Name or number of the step. */
  step: z.coerce.string(),
  /** The place that differs, or one above it. */
  path: z.string(),
  reason: z.string().min(20),
})

export type Accepted = z.infer<typeof Accepted>

/** Throws naming what is wrong with the file. */
export function loadAccepted(): readonly Accepted[] {
  const text = readFileSync(join(import.meta.dirname, 'differences.yaml'), 'utf8')
  const parsed = z.array(Accepted).safeParse(parse(text) ?? [])
  if (!parsed.success) throw new Error(`differences.yaml: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
