// What a dry run answers beyond the object: what would become of it.
import type { KubeObject } from '../../api/kube-object.ts'
import type { Call } from './call.ts'
import { asServed } from './stored-form.ts'

/** The object with what would become of it filled in; the words about it join the warnings. */
export async function previewed(call: Call, object: KubeObject): Promise<KubeObject> {
  const { server, kind, target } = call
  const preview = target.subresource === undefined ? await server.preview?.(kind.storage, object) : undefined
  if (!preview) return object
  call.warnings.push(...(preview.warnings ?? []))
  return asServed(kind, preview.object)
}
