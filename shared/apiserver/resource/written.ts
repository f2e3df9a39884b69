// What a write answers.
import type { KubeObject } from '../../api/kube-object.ts'

/** `created` when a PUT or an apply made the object: 201 instead of 200. */
export interface Written {
  readonly object: KubeObject
  readonly created: boolean
}
