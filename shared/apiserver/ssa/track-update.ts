// Ownership after a POST, PUT or a patch that is not an apply.
import type { KubeObject } from '../../api/kube-object.ts'
import { InvalidInputError } from '../../errors.ts'
import { cloneJson, isMap } from '../patch/json-value.ts'
import { type TrackingInput, trackedForm, trackingContext, withManagers } from './apply.ts'
import { capUpdateManagers, decodeManagers, type Managers } from './managed-fields.ts'
import { updateOwners } from './ownership.ts'

export interface UpdateInput extends TrackingInput {
  /** The stored object; absent for a create. */
  readonly old?: KubeObject | undefined
  /** The object about to be stored, defaulted; its `managedFields` are what the client sent. */
  readonly next: KubeObject
  /** `fieldManager`, or what {@link defaultManager} makes of the User-Agent. */
  readonly manager: string
}

/** The manager of a request that names none: the User-Agent up to its first slash. */
export function defaultManager(userAgent: string | null | undefined): string {
  const name = (userAgent ?? '').split('/')[0] ?? ''
  return [...name]
    .filter((char) => char >= ' ' && char !== '\u007f')
    .slice(0, 128)
    .join('')
}

/** `[{}]` and `[]` ask for all ownership to be forgotten. */
function isReset(managedFields: unknown): boolean {
  if (!Array.isArray(managedFields)) return false
  const first: unknown = managedFields[0]
  return managedFields.length === 0 || (managedFields.length === 1 && isMap(first) && Object.keys(first).length === 0)
}

function readable(managedFields: unknown): Managers {
  try {
    return decodeManagers(managedFields)
  } catch (error) {
    if (error instanceof InvalidInputError) return new Map()
    throw error
  }
}

/** The owners to start from: those the client sent when they can be read, else the stored ones. */
function startingManagers(input: UpdateInput): Managers {
  const stored = input.old?.metadata.managedFields
  if (input.subresource) return readable(stored)
  const sent = input.next.metadata.managedFields
  if (isReset(sent)) return new Map()
  const managers = readable(sent)
  return managers.size > 0 ? managers : readable(stored)
}

/**
 * The object with `managedFields` brought up to date: the writer owns what it changed and others lose it. Objects whose
 * owners were never tracked, or were reset, stay untracked until somebody applies them. Never throws for the data of the
 * object: when its fields cannot be told apart, it is left without owners, as the API server does.
 */
export function trackUpdate(input: UpdateInput): KubeObject {
  const context = trackingContext(input)
  const next = trackedForm(context.schema, input.next)
  // What is stored is what was sent: only the comparison is made on the typed form.
  const sent = cloneJson(input.next)
  const object = isMap(sent) ? withoutManagedFields(sent) : next
  const managers = startingManagers(input)
  if (managers.size === 0 && input.old) return withManagers(object, managers)
  const empty = { apiVersion: input.next.apiVersion, kind: input.next.kind }
  const old = trackedForm(context.schema, input.old ?? empty)
  try {
    return withManagers(object, capUpdateManagers(updateOwners(managers, old, next, input.manager, context)))
  } catch (error) {
    if (error instanceof InvalidInputError) return withManagers(object, new Map())
    throw error
  }
}

function withoutManagedFields(object: Record<string, ReturnType<typeof cloneJson>>): typeof object {
  const metadata = object['metadata']
  if (metadata === undefined || !isMap(metadata)) return object
  const { managedFields: _, ...kept } = metadata
  return { ...object, metadata: kept }
}
