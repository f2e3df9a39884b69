// `fieldPath` of a rule: the field below the rule's own that its complaint names, `.a.b['c-d']`.
import { propertySchema } from '../child.ts'
import type { Schema } from '../schema.ts'

const part = /\.([A-Za-z_$][\w$-]*)|\['((?:[^'\\]|\\.)+)'\]/y

function namesOf(path: string): readonly string[] | undefined {
  const names: string[] = []
  let at = 0
  while (at < path.length) {
    part.lastIndex = at
    const match = part.exec(path)
    if (!match) return undefined
    names.push(match[1] ?? (match[2] ?? '').replace(/\\(.)/g, '$1'))
    at = part.lastIndex
  }
  return names.length === 0 ? undefined : names
}

/** The path as it is appended to the rule's own field; undefined when it cannot be read. */
export function fieldPathOf(path: string): readonly string[] | undefined {
  return namesOf(path)?.map((name) => `.${name}`)
}

/** True when the path leads to a field the schema names. */
export function isFieldOf(schema: Schema, path: string): boolean {
  const names = namesOf(path)
  if (names === undefined) return false
  let here: Schema | undefined = schema
  for (const name of names) {
    here = here === undefined ? undefined : propertySchema(here, name)
    if (here === undefined) return false
  }
  return true
}
