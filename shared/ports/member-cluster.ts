// A member cluster, reached through its own API server with credentials the hub was given.
import type { GroupVersionKind, KubeObject, ObjectMeta } from '../api/kube-object.ts'
import type { MemberProfile } from '../api/member-cluster.ts'

/** Where a kind is served on the member. */
export interface MemberResource {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly resource: string
  readonly namespaced: boolean
}

export interface MemberRef {
  readonly resource: MemberResource
  readonly namespace?: string | undefined
  readonly name: string
}

/** A member's refusal: the HTTP code and its own words, fit for a condition. Never holds credentials. */
export class MemberRefusal extends Error {
  override readonly name = 'MemberRefusal'
  readonly code: number
  readonly reason: string
  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

export type MemberWrite =
  | { readonly verb: 'create'; readonly object: KubeObject }
  | { readonly verb: 'update'; readonly object: KubeObject }
  /** Server-side apply. */
  | { readonly verb: 'apply'; readonly object: KubeObject; readonly force: boolean }
  | {
      readonly verb: 'patch'
      readonly type: 'merge' | 'strategic'
      readonly patch: unknown
      /** `status` patches the status subresource. */
      readonly subresource?: 'status'
    }

/** Somebody else's change to an object of the member. Never the object itself: what it holds is read where it is needed. */
export interface MemberChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly metadata: ObjectMeta
}

export interface MemberWatch {
  /** Where an earlier look ended; absent, the look begins with what happens from now on. */
  readonly from?: string | undefined
  /** How long to look, in milliseconds; what had happened before the call is told even when that is nothing. */
  readonly forMs: number
  readonly signal?: AbortSignal | undefined
}

export interface MemberWatchEnd {
  /** Where the next look begins. */
  readonly resourceVersion: string
  /** Changes may have gone unseen before this look began: `from` was absent or too old. */
  readonly lost: boolean
}

/**
 * Every call is bounded in time and in the size of the answer. A 4xx answer is a MemberRefusal; anything that may heal
 * (no connection, timeout, 429, 5xx, a broken answer) is a TransientError; credentials that are missing or wrong are an
 * InvalidInputError that names the Secret and the field.
 */
export interface MemberCluster {
  /** Looks a kind up in the member's discovery; `undefined` when the member does not serve it. */
  resolve(gvk: GroupVersionKind): Promise<MemberResource | undefined>
  get(ref: MemberRef): Promise<KubeObject | undefined>
  /** Writes as field manager `hubless`; returns the object the member answered with. */
  write(ref: MemberRef, write: MemberWrite, options?: { dryRun?: boolean }): Promise<KubeObject>
  /** Resolves also when the object is already gone. `uid` guards against deleting a namesake. */
  delete(ref: MemberRef, options: { uid?: string; propagation: 'Background' | 'Foreground' | 'Orphan' }): Promise<void>
  /** Metadata of the objects of a kind, of one namespace if given; their fields are not transferred. */
  listMetadata(resource: MemberResource, options?: { namespace?: string }): Promise<readonly ObjectMeta[]>
  /**
   * Tells what others change about the objects of a kind. Changes this process made are left out, and so is what follows
   * from an owner it deleted. Returns when the time is over, the signal says so or the member ends it.
   */
  watch(resource: MemberResource, watch: MemberWatch, hear: (change: MemberChange) => void): Promise<MemberWatchEnd>
  probe(): Promise<MemberProfile>
}

export interface MemberClusters {
  /** `kubeconfig` is the Secret's text. Cheap: no call to the member is made before the first method needs one. */
  connect(cluster: string, kubeconfig: string): Promise<MemberCluster>
}
