// Turns the OpenAPI definitions of an API server into the compact form the hub keeps: no prose, references by name.

const prefix = '#/components/schemas/'
type Definition = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The name a schema refers to, either directly or through the `allOf` of one that carries siblings of `$ref`. */
function referenceOf(schema: Definition): string | undefined {
  const direct = schema['$ref']
  if (typeof direct === 'string') return direct.slice(prefix.length)
  const all = schema['allOf']
  if (!Array.isArray(all) || all.length !== 1 || !isObject(all[0])) return undefined
  return referenceOf(all[0])
}

/** What a schema contains besides references; a default may look like anything. */
function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([keyword, child]) => (keyword === 'default' ? [] : [child]))
}

/** Every definition reachable from `roots`, sorted. */
export function referencedDefinitions(
  schemas: Readonly<Record<string, Definition>>,
  roots: readonly string[],
): string[] {
  const seen = new Set<string>()
  const names = [...roots]
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const values: unknown[] = [schemas[name]]
    for (let value = values.pop(); value !== undefined; value = values.pop()) {
      const reference = isObject(value) ? referenceOf(value) : undefined
      if (reference === undefined) values.push(...childrenOf(value).filter((child) => child !== undefined))
      else names.push(reference)
    }
  }
  return [...seen].sort()
}

const kept = new Set([
  'type',
  'format',
  'enum',
  'required',
  'properties',
  'items',
  'additionalProperties',
  'oneOf',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
])

/** A default that says no more than "the zero of the Go type" is no default a user would see. */
function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false || (isObject(value) && Object.keys(value).length === 0)
}

function compactProperties(value: unknown): unknown {
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, child]) => [name, compactSchema(child)]))
    : {}
}

function compactSchema(schema: unknown): unknown {
  if (!isObject(schema)) return schema
  const reference = referenceOf(schema)
  const out: Record<string, unknown> = reference === undefined ? {} : { $ref: reference }
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'default' && !isZero(value)) out['default'] = value
    if (!kept.has(key)) continue
    if (key === 'properties') out[key] = compactProperties(value)
    else if (key === 'items' || key === 'additionalProperties') out[key] = compactSchema(value)
    else out[key] = value
  }
  return out
}

/** Definitions by name, without anything written for humans. */
export function compactDefinitions(
  schemas: Readonly<Record<string, Definition>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, compactSchema(schemas[name])]))
}
