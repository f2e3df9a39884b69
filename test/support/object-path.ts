// Where the hub's API has an object.
import { builtinKinds } from '../../shared/apiserver/builtin/builtin-kinds.ts'
import { fleetKinds } from '../../shared/apiserver/fleet/fleet-kinds.ts'

const plurals = new Map(
  [...builtinKinds, ...fleetKinds].map((kind) => [
    `${kind.group ? `${kind.group}/` : ''}${kind.version} ${kind.kind}`,
    kind,
  ]),
)

/** The path of an object; kinds the hub does not know are taken for namespaced when they have a namespace. */
export function pathOf({
  apiVersion,
  kind,
  metadata,
}: {
  apiVersion: string
  kind: string
  metadata: { name?: string | undefined; namespace?: string | undefined }
}): string {
  const plural = plurals.get(`${apiVersion} ${kind}`)?.plural ?? `${kind.toLowerCase()}s`
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`
  return `${root}${scope}/${plural}/${metadata.name}`
}
