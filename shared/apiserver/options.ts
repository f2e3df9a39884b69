// What the API server is given. The hub and every simulated member run the same server with different options.
import type { Json, JsonObject } from '../api/json.ts'
import type { KubeObject, ObjectKey, ResourceType } from '../api/kube-object.ts'
import type { Message } from '../api/message.ts'
import type { Clock, Ids } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { AuthenticateToken } from './auth/bearer.ts'
import type { ServedKind } from './kind.ts'
import type { KindSource } from './kinds/kind-source.ts'
import type { ViewSource } from './views.ts'

/** Who sends a request. */
export interface User {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What a request wants to do. Either a resource or a path. */
export interface Attributes {
  readonly verb: string
  readonly group?: string | undefined
  readonly version?: string | undefined
  readonly resource?: string | undefined
  readonly subresource?: string | undefined
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly path?: string | undefined
}

export interface Verdict {
  readonly allowed: boolean
  readonly reason?: string
}

/** The user of a request, or undefined when it carries no credentials that hold. Throws only TransientError. */
export type Authenticate = (request: Request) => Promise<User | undefined> | User | undefined
export type Authorize = (user: User, attributes: Attributes) => Promise<Verdict> | Verdict

export type AdmitOperation = 'CREATE' | 'UPDATE' | 'DELETE'
/**
 * Rules beyond the schema: may change the object (defaults) and warn; refuses by throwing InvalidInputError (422 with its
 * message) or StatusError. For DELETE both objects are the stored one. Runs under dry runs as well, so it must not write.
 */
export type Admit = (
  operation: AdmitOperation,
  kind: ServedKind,
  object: KubeObject,
  old: KubeObject | undefined,
  request: AdmissionRequest,
) => Promise<Admission> | Admission
/** Who writes, and which part of the object. */
export interface AdmissionRequest {
  readonly user: User
  readonly subresource?: string | undefined
}
export interface Admission {
  readonly object: KubeObject
  readonly warnings?: readonly string[]
  /** Present, the write is refused with 403 and this reason. */
  readonly forbidden?: string
}

/**
 * What a write that was asked for as a dry run would lead to: the object with what would become of it filled in, and
 * warnings that say it. Undefined: nothing more than the object. Must not write.
 */
export type Preview = (type: ResourceType, object: KubeObject) => Promise<Admission | undefined>

/** An object of a create-only kind, and how its answer may ask what a write would come to. */
export interface Question {
  readonly spec: JsonObject
  /** The object as it would be stored, after every check, as the asking user. Throws StatusError as the write would. */
  readonly dryRun: (object: KubeObject) => Promise<KubeObject>
}
/** Answers an object of a create-only kind with its status. */
export type Review = (question: Question) => Promise<Json>

/** A write about to be committed; `object` is the last state for deletions. */
export interface PendingChange {
  readonly type: ResourceType
  readonly key: ObjectKey
  readonly change: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  readonly previous: KubeObject | undefined
}
/** Messages that commit together with a write. Pure and quick. */
export type News = (change: PendingChange) => readonly Message[]

export interface Limits {
  /** Longest life of a watch, in seconds; the platform's front end ends answers at 230. */
  readonly watchSeconds: number
  /** Seconds between newlines on a quiet watch. */
  readonly heartbeatSeconds: number
  /** Seconds between bookmarks for watches that asked for them. */
  readonly bookmarkSeconds: number
  /** Watches at once; one more is answered 429. */
  readonly watches: number
  /** Events a slow watcher may owe before its watch ends, and their bytes together. */
  readonly watchBacklog: number
  readonly watchBacklogBytes: number
  /** Seconds without a read after which a watch that has something to say ends. */
  readonly stallSeconds: number
  /** Largest object as stored, in bytes of JSON. */
  readonly objectBytes: number
}

export const defaultLimits: Limits = {
  watchSeconds: 200,
  heartbeatSeconds: 15,
  bookmarkSeconds: 60,
  watches: 500,
  watchBacklog: 2_000,
  watchBacklogBytes: 8_388_608,
  stallSeconds: 30,
  objectBytes: 1_572_864,
}

export interface ServiceAccountOptions {
  /** `iss` of the tokens and their default audience. */
  readonly issuer: string
  /** Signing keys made before this time (epoch milliseconds) are void, and every token they signed. */
  readonly keysNotBefore?: number | undefined
}

export interface ApiServerOptions {
  readonly store: ObjectStore
  readonly kinds: KindSource
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** Whose a request is that carries no bearer token; without `authenticators`, whose any request is. */
  readonly authenticate: Authenticate
  /** Whose bearer tokens are taken besides those of service accounts. */
  readonly authenticators?: readonly AuthenticateToken[]
  /** `rbac` decides by the roles and bindings in the store, seeds the default ones, and lets nobody grant more than they hold. */
  readonly authorize: Authorize | 'rbac'
  /** Present, tokens of service accounts are issued and taken. */
  readonly serviceAccounts?: ServiceAccountOptions
  readonly admit?: Admit
  readonly news?: News
  readonly preview?: Preview
  /** Answers of create-only kinds, by kind. */
  readonly reviews?: Readonly<Record<string, Review>>
  /** Where a kind's objects come from when they are rendered on read instead of stored. */
  readonly views?: (type: ResourceType) => ViewSource | undefined
  /** `gitVersion` of /version; must be a semantic version of a supported Kubernetes minor. */
  readonly version?: string
  readonly limits?: Partial<Limits>
  /** In [0, 1): spreads the ends of watches. */
  readonly random?: () => number
}
