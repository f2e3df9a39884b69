// The three ways a write changes an object: JSON merge patch, strategic merge patch, and the merge of server-side apply.
import { isJsonObject, type Json, type JsonObject } from '../../../api/json.ts'
import { isSet, keyOf, listKeys } from './list-keys.ts'

type Fields = Record<string, Json | undefined>

/** Safe for a field called `__proto__`. */
function put(fields: Fields, name: string, value: Json | undefined): void {
  Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
}

/** RFC 7386. */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const merged: Fields = isJsonObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete merged[name]
    else put(merged, name, mergePatch(Object.hasOwn(merged, name) ? merged[name] : undefined, value))
  }
  return merged
}

/** Kubernetes' strategic merge patch with its directives, for built-in kinds. */
export function strategicPatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  const merged: Fields = isJsonObject(target) ? { ...target } : {}
  const retain = patch['$retainKeys']
  if (Array.isArray(retain)) for (const name of Object.keys(merged)) if (!retain.includes(name)) delete merged[name]
  for (const [name, value] of Object.entries(patch)) strategicField(merged, name, value)
  return merged
}

function strategicField(merged: Fields, name: string, value: Json | undefined): void {
  const primitives = /^\$deleteFromPrimitiveList\/(.+)$/.exec(name)?.[1]
  if (primitives !== undefined) {
    const list = merged[primitives]
    if (Array.isArray(list) && Array.isArray(value))
      put(
        merged,
        primitives,
        list.filter((item) => !value.includes(item)),
      )
    return
  }
  if (name.startsWith('$')) return
  const old = Object.hasOwn(merged, name) ? merged[name] : undefined
  if (value === null || value === undefined || (isJsonObject(value) && value['$patch'] === 'delete'))
    delete merged[name]
  else if (Array.isArray(value)) put(merged, name, strategicList(name, Array.isArray(old) ? old : [], value))
  else put(merged, name, strategicPatch(old, value))
}

function strategicList(field: string, old: readonly Json[], patch: readonly Json[]): Json {
  if (isSet(field)) return [...new Set([...old, ...patch])]
  const keys = listKeys(field, [...patch, ...old], true)?.slice(0, 1)
  if (!keys) return patch
  if (patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !(isJsonObject(item) && '$patch' in item))
  const items = new Map(old.map((item) => [keyOf(item, keys), item]))
  for (const item of patch) {
    const key = keyOf(item, keys)
    if (isJsonObject(item) && item['$patch'] === 'delete') items.delete(key)
    else items.set(key, strategicPatch(items.get(key), item))
  }
  return [...items.values()]
}

function withoutDirectives(patch: JsonObject): Json {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')))
}

/** What server-side apply makes of a live value and an applied one; fields the applied one leaves out stay. */
export function applyMerge(live: Json | undefined, applied: Json, builtin: boolean, field = ''): Json {
  if (Array.isArray(applied)) return applyList(Array.isArray(live) ? live : [], applied, builtin, field)
  if (!isJsonObject(applied)) return applied
  const merged: Fields = isJsonObject(live) ? { ...live } : {}
  for (const [name, value] of Object.entries(applied)) {
    if (value === null || value === undefined) continue
    put(merged, name, applyMerge(Object.hasOwn(merged, name) ? merged[name] : undefined, value, builtin, name))
  }
  return merged
}

function applyList(live: readonly Json[], applied: readonly Json[], builtin: boolean, field: string): Json {
  if (isSet(field)) return [...new Set([...live, ...applied])]
  const keys = listKeys(field, [...applied, ...live], builtin)
  if (!keys) return applied
  const items = new Map(live.map((item) => [keyOf(item, keys), item]))
  for (const item of applied) {
    const key = keyOf(item, keys)
    items.set(key, applyMerge(items.get(key), item, builtin))
  }
  return [...items.values()]
}
