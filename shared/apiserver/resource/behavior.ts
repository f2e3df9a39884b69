// What single kinds do beyond the rules of all kinds. One entry a kind.
import type { KubeObject } from '../../api/kube-object.ts'
import type { ObjectStore } from '../../ports/object-store.ts'
import type { ServedKind } from '../kind.ts'
import type { FieldError } from '../schema/schema.ts'
import { customResourceDefinitions } from './crd-behavior.ts'
import { jobs } from './job-behavior.ts'
import { namespaces } from './namespace-behavior.ts'
import { secrets } from './secret-behavior.ts'

export interface BehaviorContext {
  readonly store: ObjectStore
  /** RFC 3339. */
  readonly now: string
  readonly subresource: string | undefined
}

export interface KindBehavior {
  /** Fills in what the server decides, before validation. `old` is absent on create. */
  prepare?(object: KubeObject, old: KubeObject | undefined, context: BehaviorContext): KubeObject
  errors?(object: KubeObject, old: KubeObject | undefined): readonly FieldError[]
  /** What the writer should know although the object is accepted. */
  warnings?(object: KubeObject, old: KubeObject | undefined): readonly string[]
  /** What depends on other objects of the kind, after validation. */
  complete?(object: KubeObject, old: KubeObject | undefined, context: BehaviorContext): Promise<KubeObject>
  /** What the server sets of its own: nobody owns it. After everything else, so it must be valid. */
  assigned?(object: KubeObject, old: KubeObject | undefined): KubeObject
  /** Why this object must never be deleted. */
  undeletable?(object: KubeObject): string | undefined
  /** The object as its deletion begins. */
  deleting?(object: KubeObject, now: string): KubeObject
  /** What else must be gone before a deletion ends. */
  held?(object: KubeObject): boolean
}

const behaviors: Readonly<Record<string, KindBehavior>> = {
  '/namespaces': namespaces,
  '/secrets': secrets,
  'batch/jobs': jobs,
  'apiextensions.k8s.io/customresourcedefinitions': customResourceDefinitions,
}

export function behaviorOf(kind: ServedKind): KindBehavior {
  const id = `${kind.group}/${kind.plural}`
  return Object.hasOwn(behaviors, id) ? (behaviors[id] ?? {}) : {}
}
