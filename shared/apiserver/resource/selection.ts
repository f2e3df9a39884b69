// Selectors of a request, and the objects they select.
import type { KubeObject, ObjectKey } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'
import type { StoredObject } from '../../ports/object-store.ts'
import { badRequest } from '../http/status-error.ts'
import { parseFieldSelector } from '../selector/field.ts'
import { parseLabelSelector } from '../selector/label.ts'
import { viewRevision } from '../views.ts'
import type { Call } from './call.ts'
import { asServed } from './stored-form.ts'

export interface Selection {
  /** Everything is selected. */
  readonly all: boolean
  matches(object: KubeObject): boolean
}

/** In the words of built-in kinds that have no fields of their own to select by. */
const unknownField = (field: string): string =>
  `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`

/** The selectors and, for a named object, its name. Throws StatusError 400. */
export function selectionOf({ target, kind }: Call): Selection {
  try {
    const labels = parseLabelSelector(target.query.get('labelSelector') ?? '')
    const plain = kind.origin === 'builtin' && kind.selectableFields.length === 0
    const fields = parseFieldSelector(
      target.query.get('fieldSelector') ?? '',
      kind.selectableFields,
      plain ? unknownField : undefined,
    )
    const { name } = target
    const all = labels.empty && fields.empty && name === undefined
    return {
      all,
      matches: (object) =>
        all ||
        ((name === undefined || object.metadata.name === name) &&
          labels.matches(object.metadata.labels) &&
          fields.matches(object)),
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw badRequest(error.message)
    throw error
  }
}

/** The one name a selection can match, so that it need not list: `metadata.name=n` within one namespace. */
function selectedName({ target, kind }: Call): string | undefined {
  const text = target.query.get('fieldSelector') ?? ''
  const match = /^metadata\.name==?([^,=!\\]+)$/.exec(text)
  return match && (!kind.namespaced || target.namespace !== undefined) ? match[1] : undefined
}

export interface SelectedPage {
  readonly items: readonly StoredObject[]
  readonly revision: number
  readonly next?: ObjectKey
}

/** Rows read at once when a selector may pass over most of them. */
const scanRows = 500

/** Reads on until `limit` objects match or the type ends. `revision` is that of the first page read. */
export async function selectedObjects(
  call: Call,
  { limit, after }: { limit?: number; after?: ObjectKey },
): Promise<SelectedPage> {
  const selection = selectionOf(call)
  if (call.server.views?.(call.kind.storage)) return await selectedFromView(call, selection, limit, after)
  const name = selectedName(call)
  if (name !== undefined) return await selectedByName(call, selection, name)
  return limit === undefined
    ? await selectedWhole(call, selection, after)
    : await selectedUpTo(call, selection, limit, after)
}

async function selectedWhole(call: Call, selection: Selection, after: ObjectKey | undefined): Promise<SelectedPage> {
  const page = await call.server.store.list(call.kind.storage, { ...place(call), ...(after && { after }) })
  return { items: page.items.filter((item) => isSelected(call, selection, item)), revision: page.revision }
}

async function selectedUpTo(
  call: Call,
  selection: Selection,
  limit: number,
  after: ObjectKey | undefined,
): Promise<SelectedPage> {
  const rows = selection.all ? limit : Math.max(limit, scanRows)
  const items: StoredObject[] = []
  let first: number | undefined
  let from = after
  for (;;) {
    const options = { ...place(call), ...(from && { after: from }), limit: rows }
    const page = await call.server.store.list(call.kind.storage, options)
    const revision = first ?? page.revision
    first = revision
    items.push(...page.items.filter((item) => isSelected(call, selection, item)))
    if (items.length > limit) return cut(items, limit, revision)
    if (page.next === undefined) return { items, revision }
    if (items.length === limit) return { items, revision, next: page.next }
    from = page.next
  }
}

function place({ target: { namespace } }: Call): { namespace?: string } {
  return namespace === undefined ? {} : { namespace }
}

function isSelected({ kind }: Call, selection: Selection, { object }: StoredObject): boolean {
  return selection.matches(asServed(kind, object))
}

function cut(items: readonly StoredObject[], limit: number, revision: number): SelectedPage {
  const kept = items.slice(0, limit)
  const last = kept.at(-1)
  return { items: kept, revision, ...(last && { next: last.key }) }
}

/** One point read instead of a list. The counter is read first, as a list does. */
async function selectedByName(call: Call, selection: Selection, name: string): Promise<SelectedPage> {
  const { kind, server, target } = call
  const revision = await server.store.revision(kind.storage)
  const key = target.namespace === undefined ? { name } : { namespace: target.namespace, name }
  const found = await server.store.get(kind.storage, key)
  return { items: found && selection.matches(asServed(kind, found.object)) ? [found] : [], revision }
}

async function selectedFromView(
  call: Call,
  selection: Selection,
  limit: number | undefined,
  after: ObjectKey | undefined,
): Promise<SelectedPage> {
  const view = call.server.views?.(call.kind.storage)
  if (!view) return { items: [], revision: 1 }
  const revision = await viewRevision(view)
  const objects = await view.list(call.target.namespace)
  const items = objects
    .map((object) => ({ object, key: keyOfObject(object), revision: Number(object.metadata.resourceVersion ?? 0) }))
    .filter(({ object, key }) => selection.matches(object) && (after === undefined || isBehind(key, after)))
    .sort((a, b) => (isBehind(a.key, b.key) ? 1 : -1))
  return limit === undefined || items.length <= limit ? { items, revision } : cut(items, limit, revision)
}

function keyOfObject({ metadata }: KubeObject): ObjectKey {
  const name = metadata.name ?? ''
  return metadata.namespace === undefined ? { name } : { namespace: metadata.namespace, name }
}

function isBehind(key: ObjectKey, other: ObjectKey): boolean {
  const [a, b] = [key.namespace ?? '', other.namespace ?? '']
  return a === b ? key.name > other.name : a > b
}
