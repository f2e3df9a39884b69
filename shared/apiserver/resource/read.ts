// GET of one object and of a collection.
import { z } from 'zod'
import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf, asJson, type KubeObject, type ObjectKey } from '../../api/kube-object.ts'
import { badRequest, expired, futureRevision, invalid } from '../http/status-error.ts'
import type { FieldError } from '../schema/schema.ts'
import { renderParts, renderTable, type TableOptions } from '../table/table.ts'
import { type Call, integerParameter, revisionParameter } from './call.ts'
import { existing } from './modify.ts'
import { type SelectedPage, selectedObjects } from './selection.ts'
import { asServed } from './stored-form.ts'

/** How long a list waits for a revision another instance gave out. */
const futureWaitMs = 3_000
const futurePollMs = 200

/** The object of a call. Throws StatusError 404. */
export async function readOne(call: Call): Promise<KubeObject> {
  return asServed(call.kind, (await existing(call)).object)
}

/** One object as the client asked to see it. */
export function rendered(call: Call, object: KubeObject): JsonObject {
  if (call.form.as === 'Table') {
    const meta = { resourceVersion: object.metadata.resourceVersion }
    const { parts } = call.kind
    return parts ? renderParts(parts, asJson(object), tableOptions(call, meta)) : table(call, [object], meta)
  }
  return call.form.as === 'PartialObjectMetadata' ? partial(object) : asJson(object)
}

export function partial(object: KubeObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: asJson(object)['metadata'] ?? {} }
}

const ContinueToken = z.object({
  v: z.literal(1),
  rv: z.number().int().nonnegative(),
  start: z.object({ namespace: z.string().optional(), name: z.string() }),
})

/** The list of a call as the client asked to see it. Throws StatusError 400, 410, 422 or 504. */
export async function readList(call: Call): Promise<JsonObject> {
  const { query } = call.target
  const limit = integerParameter(query, 'limit')
  const token = continueToken(query.get('continue'))
  const wanted = revisionParameter(query)
  checkMatch(call, wanted, token !== undefined)
  const page = await pageAtLeast(call, wanted, {
    ...(limit && { limit }),
    ...(token && { after: token.start }),
  })
  const revision = token?.rv ?? page.revision
  if (query.get('resourceVersionMatch') === 'Exact' && wanted !== revision) {
    throw expired(`The resourceVersion for the provided list is too old: ${wanted} (${revision})`)
  }
  const meta = { resourceVersion: String(revision), ...(page.next && { continue: encodeToken(revision, page.next) }) }
  const objects = page.items.map(({ object }) => asServed(call.kind, object))
  return renderedList(call, objects, meta)
}

/** A list of objects as the client asked to see it. */
export function renderedList(call: Call, objects: readonly KubeObject[], meta: JsonObject): JsonObject {
  const { kind, form } = call
  if (form.as === 'Table') return table(call, objects, meta)
  if (form.as === 'PartialObjectMetadata') {
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: meta,
      items: objects.map(partial),
    }
  }
  const head = { kind: kind.listKind, apiVersion: apiVersionOf(kind) }
  // Lists of built-in kinds are typed: their items need not say what they are, and an absent field is left out.
  if (kind.origin === 'builtin') return { ...head, metadata: meta, items: objects.map(untyped) }
  return { ...head, metadata: { continue: '', ...meta }, items: objects.map(asJson) }
}

function untyped(object: KubeObject): JsonObject {
  const { apiVersion: _version, kind: _kind, ...rest } = asJson(object)
  return rest
}

/** Rows for objects; `columnDefinitions` can be left out of later events of a watch. */
export function table(
  call: Call,
  objects: readonly KubeObject[],
  meta: JsonObject,
  columnDefinitions = true,
): JsonObject {
  return renderTable(call.kind, objects.map(asJson), { ...tableOptions(call, meta), columnDefinitions })
}

function tableOptions(call: Call, listMeta: JsonObject): TableOptions {
  const includeObject = call.target.query.get('includeObject') || 'Metadata'
  if (includeObject !== 'None' && includeObject !== 'Metadata' && includeObject !== 'Object') {
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: "${includeObject}": must be 'Metadata', 'Object', 'None', or empty`,
    )
  }
  return { includeObject, listMeta, now: call.server.clock.now() }
}

async function pageAtLeast(
  call: Call,
  wanted: number | undefined,
  options: { limit?: number; after?: ObjectKey },
): Promise<SelectedPage> {
  const { clock } = call.server
  const until = clock.now() + futureWaitMs
  for (;;) {
    const page = await selectedObjects(call, options)
    if (wanted === undefined || options.after || page.revision >= wanted) return page
    if (clock.now() >= until) throw futureRevision(wanted, page.revision)
    await clock.sleep(futurePollMs)
  }
}

function continueToken(text: string | null): z.infer<typeof ContinueToken> | undefined {
  if (!text) return undefined
  try {
    return ContinueToken.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    throw badRequest(`invalid continue token: continue key is not valid${base64Fault(text)}`)
  }
}

function base64Fault(text: string): string {
  const odd = text.search(/[^A-Za-z0-9_-]/)
  const at = odd >= 0 ? odd : text.length % 4 === 1 ? text.length - 1 : -1
  return at < 0 ? '' : `: illegal base64 data at input byte ${at}`
}

function encodeToken(rv: number, start: ObjectKey): string {
  return Buffer.from(JSON.stringify({ v: 1, rv, start })).toString('base64url')
}

function checkMatch(call: Call, wanted: number | undefined, continued: boolean): void {
  const { query } = call.target
  const match = query.get('resourceVersionMatch')
  if (query.has('sendInitialEvents'))
    throw listError('sendInitialEvents', 'Forbidden: sendInitialEvents is forbidden for list')
  if (continued && wanted !== undefined && wanted > 0) {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  if (!match) return
  const field = 'resourceVersionMatch'
  const withoutVersion = 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'
  const withContinue = 'Forbidden: resourceVersionMatch is forbidden when continue is provided'
  if (continued) throw listError(field, ...(wanted === undefined ? [withoutVersion] : []), withContinue)
  if (wanted === undefined) throw listError(field, withoutVersion)
  if (match === 'NotOlderThan' || (match === 'Exact' && wanted > 0)) return
  if (match === 'Exact')
    throw listError(field, 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  throw listError(field, `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`)
}

/** Errors in the options of a list or a watch. */
export function listError(field: string, ...messages: readonly string[]) {
  const kind = { group: 'meta.k8s.io', kind: 'ListOptions' }
  const errors = messages.map((message): FieldError => {
    const reason = message.startsWith('Forbidden') ? 'FieldValueForbidden' : 'FieldValueNotSupported'
    return { field, message, reason }
  })
  return invalid(kind, '', errors)
}
