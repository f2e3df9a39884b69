// Paths into an answer: metadata.labels.a, items[0], conditions[type=Ready], paths["/api/v1/namespaces"].
// `keys()` at the end names the fields of an object or counts the items of a list.

type Part = { readonly key: string } | { readonly index: number } | { readonly where: readonly [string, string] }

const part = /\.?(?:\["([^"]*)"\]|\[(\d+)\]|\[([\w.]+)=([^\]]*)\]|([^.[\]]+))/y

function parts(path: string): Part[] {
  const found: Part[] = []
  part.lastIndex = 0
  while (part.lastIndex < path.length) {
    const at = part.lastIndex
    const match = part.exec(path)
    if (!match) throw new Error(`cannot read the path ${path} from character ${at + 1}`)
    const [, quoted, index, field, value = '', key = ''] = match
    if (quoted !== undefined) found.push({ key: quoted })
    else if (index !== undefined) found.push({ index: Number(index) })
    else if (field !== undefined) found.push({ where: [field, value] })
    else found.push({ key })
  }
  return found
}

/** The value at a path, undefined where there is none. Throws for a path that cannot be read. */
export function valueAt(value: unknown, path: string): unknown {
  let at = value
  for (const step of parts(path)) {
    if ('key' in step && step.key === 'keys()') at = sizeOf(at)
    else at = below(at, step)
  }
  return at
}

function below(value: unknown, step: Part): unknown {
  if (Array.isArray(value)) {
    if ('index' in step) return value[step.index]
    if ('where' in step) return value.find((item) => String(valueAt(item, step.where[0])) === step.where[1])
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('key' in step)) return undefined
  return Object.entries(value).find(([key]) => key === step.key)?.[1]
}

function sizeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).sort() : undefined
}
