// What sets two lists of manifests apart: the works of a cluster as they are, and as they would be.
import { createPatch } from 'rfc6902'
import { gvkOf, type KubeObject } from '../../api/kube-object.ts'
import type { FieldDifference, ObjectChange } from '../../api/plan.ts'
import { byText } from '../names.ts'
import { sortedKeys } from '../placement/canonical-json.ts'

/** Fields of one object that are listed, and characters of one value. */
const limits = { fields: 50, valueCharacters: 200 }
const hidden = '(not shown)'

/** Added, changed and removed objects, ordered by kind, namespace and name. Values of Secrets are not shown. */
export function changesOf(before: readonly KubeObject[], after: readonly KubeObject[]): ObjectChange[] {
  const old = new Map(before.map((object) => [identity(object), object]))
  const next = new Map(after.map((object) => [identity(object), object]))
  const kept = [...next].flatMap(([key, object]): ObjectChange[] => {
    const was = old.get(key)
    if (!was) return [{ change: 'Added', ...identifier(object) }]
    const differences = differencesOf(was, object)
    return differences.length > 0 ? [{ change: 'Changed', ...identifier(object), differences }] : []
  })
  const gone = [...old]
    .filter(([key]) => !next.has(key))
    .map(([, object]): ObjectChange => ({ change: 'Removed', ...identifier(object) }))
  return [...kept, ...gone].sort((a, b) => byText(sortText(a), sortText(b)))
}

function identity(object: KubeObject): string {
  const { group, kind } = gvkOf(object)
  return JSON.stringify([group, kind, object.metadata.namespace ?? '', object.metadata.name ?? ''])
}

function identifier(object: KubeObject) {
  const { group, version, kind } = gvkOf(object)
  const { name = '', namespace } = object.metadata
  return { ...(group !== '' && { group }), version, kind, name, ...(namespace && { namespace }) }
}

function sortText({ kind, namespace = '', name }: ObjectChange): string {
  return JSON.stringify([kind, namespace, name])
}

function differencesOf(before: KubeObject, after: KubeObject): FieldDifference[] {
  const secret = after.kind === 'Secret'
  return createPatch(sortedKeys(before), sortedKeys(after))
    .slice(0, limits.fields)
    .map(({ op, path }) => {
      const was = op === 'add' ? undefined : valueAt(before, path)
      const is = op === 'remove' ? undefined : valueAt(after, path)
      const shown = (value: unknown) => (secret ? hidden : cut(JSON.stringify(value)))
      return {
        path,
        ...(was !== undefined && { before: shown(was) }),
        ...(is !== undefined && { after: shown(is) }),
      }
    })
}

/** The value a JSON pointer names, or undefined. */
function valueAt(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1)
  return steps.reduce<unknown>((at, step) => {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
    return typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined
  }, value)
}

function cut(text: string): string {
  return text.length <= limits.valueCharacters ? text : `${text.slice(0, limits.valueCharacters - 1)}…`
}
