// JSON patch (RFC 6902). The rfc6902 package does the edits; this file decides beforehand whether an operation applies,
// because the package is lenient about indices and follows inherited properties.
import { applyPatch, type Operation } from 'rfc6902'
import { z } from 'zod'
import { cloneJson, isMap, type JsonMap, type JsonValue, own, sameJson } from './json-value.ts'
import { PatchError } from './patch-error.ts'

/** As the API server: more operations are refused with 413. */
export const maxJsonPatchOperations = 10_000
/** Sum of the JSON sizes of what `copy` operations may duplicate, in characters: the request body limit. */
const maxCopied = 3 * 1024 * 1024
/** Keys the edits cannot reach: the package skips them silently, so they are refused openly. */
const unreachable = new Set(['__proto__', 'constructor', 'prototype'])

const operationNames = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const
const RawOperation = z.looseObject({ op: z.string(), path: z.string(), from: z.string().optional() })
type RawOperation = z.infer<typeof RawOperation>

type AddOperation = Extract<Operation, { op: 'add' }>
type RemoveOperation = Extract<Operation, { op: 'remove' }>
type ReplaceOperation = Extract<Operation, { op: 'replace' }>

/** Where a pointer leads: the container and the last step. */
interface Target {
  readonly parent: JsonValue
  readonly key: string
}

function tokens(path: string): string[] {
  if (path === '') return []
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const indexShape = /^(0|[1-9][0-9]{0,8})$/

function child(container: JsonValue, key: string): JsonValue | undefined {
  if (Array.isArray(container)) return indexShape.test(key) ? container[Number(key)] : undefined
  return isMap(container) ? own(container, key) : undefined
}

/** The target of a pointer, or undefined when its container does not exist. */
function locate(document: JsonValue, path: string): Target | undefined {
  const steps = tokens(path)
  const key = steps.pop()
  if (key === undefined) return { parent: { '': document }, key: '' }
  let parent: JsonValue | undefined = document
  for (const step of steps) {
    parent = child(parent, step)
    if (parent === undefined) return undefined
  }
  return Array.isArray(parent) || isMap(parent) ? { parent, key } : undefined
}

const missing = 'missing value'

function badIndex(operation: string, path: string, key: string): PatchError {
  const why = indexShape.test(key)
    ? `Unable to access invalid index: ${key}: invalid index referenced`
    : `value was not a proper array index: '${key}'`
  return new PatchError(422, `error in ${operation} for path: '${path}': ${why}`)
}

function checkAdd(document: JsonValue, path: string, operation: 'add' | 'move' | 'copy'): void {
  const target = locate(document, path)
  if (!target) {
    const text =
      operation === 'add'
        ? `add operation does not apply: doc is missing path: ${JSON.stringify(path)}: ${missing}`
        : `${operation} operation does not apply: doc is missing destination path: ${path}: ${missing}`
    throw new PatchError(422, text)
  }
  if (!Array.isArray(target.parent) || target.key === '-') return
  if (!indexShape.test(target.key) || Number(target.key) > target.parent.length) {
    throw badIndex(operation, path, target.key)
  }
}

function checkRemove(document: JsonValue, path: string): void {
  const target = locate(document, path)
  if (!target || path === '') {
    throw new PatchError(
      422,
      `remove operation does not apply: doc is missing path: ${JSON.stringify(path)}: ${missing}`,
    )
  }
  if (child(target.parent, target.key) !== undefined) return
  if (Array.isArray(target.parent)) throw badIndex('remove', path, target.key)
  throw new PatchError(
    422,
    `error in remove for path: '${path}': Unable to remove nonexistent key: ${target.key}: ${missing}`,
  )
}

/** A missing member may be replaced, as in the API server; a missing item may not. */
function checkReplace(document: JsonValue, path: string): void {
  const target = locate(document, path)
  if (!target) throw new PatchError(422, `replace operation does not apply: doc is missing path: ${path}: ${missing}`)
  if (Array.isArray(target.parent) && child(target.parent, target.key) === undefined) {
    throw new PatchError(422, `replace operation does not apply: doc is missing key: ${path}: ${missing}`)
  }
}

function sourceOf(document: JsonValue, operation: 'move' | 'copy', from: string): JsonValue {
  const target = locate(document, from)
  const value = target && child(target.parent, target.key)
  if (value === undefined) {
    throw new PatchError(422, `${operation} operation does not apply: doc is missing from path: ${from}: ${missing}`)
  }
  return value
}

/** A missing member equals null, as in the API server. Not left to the package: it fails on objects it cannot print. */
function checkTest(document: JsonValue, path: string, wanted: unknown): void {
  const target = locate(document, path)
  if (!target) throw new PatchError(422, `test operation does not apply: is missing path: ${path}: ${missing}`)
  if (!sameJson(child(target.parent, target.key) ?? null, wanted)) {
    throw new PatchError(422, `testing value ${path} failed: test failed`)
  }
}

function parseOperation(input: unknown, index: number): RawOperation {
  const parsed = RawOperation.safeParse(input)
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    throw new PatchError(
      400,
      `JSON patch operation ${index}: field "${first?.path.join('.') ?? ''}": ${first?.message}`,
    )
  }
  const operation = parsed.data
  if (!(operationNames as readonly string[]).includes(operation.op)) {
    throw new PatchError(
      422,
      `JSON patch operation ${index}: "op" is ${JSON.stringify(operation.op)}; allowed are ${operationNames.join(', ')}`,
    )
  }
  for (const path of [operation.path, operation.from]) {
    if (path === undefined) continue
    if (path !== '' && !path.startsWith('/')) {
      throw new PatchError(422, `JSON patch operation ${index}: path ${JSON.stringify(path)} does not start with "/"`)
    }
    const blocked = tokens(path).find((token) => unreachable.has(token))
    if (blocked !== undefined) {
      throw new PatchError(
        422,
        `JSON patch operation ${index}: path ${JSON.stringify(path)} may not contain "${blocked}"`,
      )
    }
  }
  return operation
}

/** Checks one operation and carries it out on the document that `root` holds. */
function perform(root: JsonMap, operation: RawOperation, budget: { copied: number }, index: number): void {
  const { op, path } = operation
  const document = root['document'] ?? null
  if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(operation, 'value')) {
    throw new PatchError(422, `JSON patch operation ${index}: ${op} needs a "value"`)
  }
  if (op === 'test') checkTest(document, path, operation['value'])
  else if (op === 'remove') remove(root, path)
  else if (op === 'move' || op === 'copy') transfer(root, op, operation, budget, index)
  else {
    if (op === 'add') checkAdd(document, path, op)
    else checkReplace(document, path)
    const target = locate(document, path)
    const present = target !== undefined && child(target.parent, target.key) !== undefined
    const value = cloneJson(operation['value'])
    edit(root, op === 'replace' && present ? { op, path, value } : { op: 'add', path, value })
  }
}

function remove(root: JsonMap, path: string): void {
  checkRemove(root['document'] ?? null, path)
  edit(root, { op: 'remove', path })
}

/** A move is a removal and an addition, so that the target is looked for where it is after the removal. */
function transfer(
  root: JsonMap,
  op: 'move' | 'copy',
  { path, from }: RawOperation,
  budget: { copied: number },
  index: number,
): void {
  if (from === undefined) throw new PatchError(422, `JSON patch operation ${index}: ${op} needs a "from"`)
  const value = sourceOf(root['document'] ?? null, op, from)
  if (op === 'move') {
    if (path === from) return
    if (path.startsWith(`${from}/`)) throw new PatchError(422, `cannot move ${from} into its own child ${path}`)
    remove(root, from)
    checkAdd(root['document'] ?? null, path, op)
    edit(root, { op: 'add', path, value })
    return
  }
  budget.copied += JSON.stringify(value).length
  if (budget.copied > maxCopied) {
    throw new PatchError(422, `JSON patch copies more than ${maxCopied} characters, the limit of one request`)
  }
  checkAdd(root['document'] ?? null, path, op)
  edit(root, { op: 'add', path, value: cloneJson(value) })
}

/**
 * Applies a JSON patch to an object and returns the new object; the given one stays as it is.
 * Throws PatchError: 400 for something that is no patch, 413 beyond {@link maxJsonPatchOperations}, 422 for an operation
 * that does not apply (missing path, failed test).
 */
export function applyJsonPatch(original: unknown, patch: unknown): JsonMap {
  if (!Array.isArray(patch)) throw new PatchError(400, 'a JSON patch is a list of operations')
  if (patch.length > maxJsonPatchOperations) {
    throw new PatchError(
      413,
      `Request entity too large: The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${patch.length}`,
    )
  }
  const root: JsonMap = { document: cloneJson(original) }
  const budget = { copied: 0 }
  for (const [index, input] of patch.entries()) perform(root, parseOperation(input, index), budget, index)
  const result = cloneJson(root['document'])
  if (!isMap(result)) throw new PatchError(422, 'the patched document is not an object')
  return result
}

/** One edit on a holder, so that the empty path (the whole document) is an ordinary member. */
function edit(root: JsonMap, operation: AddOperation | RemoveOperation | ReplaceOperation): void {
  const failure = applyPatch(root, [{ ...operation, path: `/document${operation.path}` }])[0]
  if (failure) {
    throw new PatchError(422, `${operation.op} operation does not apply: ${operation.path}: ${missing}`)
  }
}
