// Which lists of built-in kinds are merged item by item, and by what.

/** Keys of a list's items; several where one alone is not unique. */
const keysByField: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  hostAliases: ['ip'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  topologySpreadConstraints: ['topologyKey', 'whenUnsatisfiable'],
}

/** Lists whose items are plain texts that come and go one by one. */
const sets = new Set(['finalizers'])

/** True for a list that is merged as a set of plain values. */
export function isSet(field: string): boolean {
  return sets.has(field)
}

/**
 * The keys of a list field, or `undefined` when it is replaced as a whole. Custom resources say nothing about their
 * lists here, so only those of metadata count for them (`builtin` false).
 */
export function listKeys(field: string, items: readonly unknown[], builtin: boolean): readonly string[] | undefined {
  if (!builtin && field !== 'ownerReferences') return undefined
  if (field !== 'ports') return Object.hasOwn(keysByField, field) ? keysByField[field] : undefined
  const first = items[0]
  const ofContainer = typeof first === 'object' && first !== null && 'containerPort' in first
  return ofContainer ? ['containerPort', 'protocol'] : ['port', 'protocol']
}

/** A port's protocol is TCP unless it says otherwise, for its identity too. */
const keyDefaults: Readonly<Record<string, unknown>> = { protocol: 'TCP' }

/** An item's key fields as JSON text, the form managedFields names an item by. */
export function keyOf(item: unknown, keys: readonly string[]): string {
  const fields: Record<string, unknown> = typeof item === 'object' && item !== null ? { ...item } : {}
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, fields[key] ?? keyDefaults[key] ?? null])))
}
