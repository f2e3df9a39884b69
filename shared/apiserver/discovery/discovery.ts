// Discovery: what is served, in the aggregated form new clients ask for and the plain one the others need.
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../api/json.ts'
import { apiVersionOf } from '../../api/kube-object.ts'
import type { ServedKind } from '../kind.ts'
import { compareVersions } from './version-order.ts'

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
/** The order in which definitions' kinds tell theirs. */
const customVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const subresourceVerbs = ['get', 'patch', 'update']
const virtualVerbs = ['create']

interface Subresource {
  readonly name: string
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

function verbsOf({ origin, virtual, group, plural }: ServedKind): string[] {
  if (virtual) return virtualVerbs
  if (origin !== 'builtin') return customVerbs
  // A namespace is emptied before it goes: not many at once.
  return isNamespace({ group, plural }) ? allVerbs.filter((verb) => verb !== 'deletecollection') : allVerbs
}

const definitionsHash = 'jfWCUB31mvA='

/** Tells clients which version a kind is stored in, without saying so. */
function storageVersionHash({ origin, storageApiVersion, kind }: ServedKind): string {
  // Definitions are counted by the version they were first stored in.
  if (origin === 'builtin' && kind === 'CustomResourceDefinition') return definitionsHash
  const text = storageApiVersion.includes('/') ? storageApiVersion : `/${storageApiVersion}`
  return createHash('sha256').update(`${text}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function subresourcesOf(kind: ServedKind): Subresource[] {
  const { group, version } = kind
  const all = [
    ...(kind.statusSubresource ? [{ name: 'status', group, version, kind: kind.kind, verbs: subresourceVerbs }] : []),
    ...(kind.scale
      ? [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: subresourceVerbs }]
      : []),
    ...(isServiceAccount(kind) ? [tokenSubresource] : []),
    ...(isNamespace(kind) ? [{ name: 'finalize', group, version, kind: kind.kind, verbs: ['update'] }] : []),
  ]
  return kind.origin === 'builtin' ? all.sort((a, b) => (a.name < b.name ? -1 : 1)) : all
}

const tokenSubresource: Subresource = {
  name: 'token',
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: ['create'],
}

const isNamespace = ({ group, plural }: Pick<ServedKind, 'group' | 'plural'>) => group === '' && plural === 'namespaces'
const isServiceAccount = ({ group, plural }: ServedKind) => group === '' && plural === 'serviceaccounts'

/** Versions of a group, best first. */
function versionsOf(kinds: readonly ServedKind[], group: string): string[] {
  const versions = new Set(kinds.filter((kind) => kind.group === group).map(({ version }) => version))
  return [...versions].sort(compareVersions)
}

function groupsOf(kinds: readonly ServedKind[]): string[] {
  return [...new Set(kinds.map(({ group }) => group))].filter((group) => group !== '')
}

/** `/api` (`core`) or `/apis` of clients that can take everything in one answer. */
export function aggregatedDiscovery(kinds: readonly ServedKind[], core: boolean): JsonObject {
  const groups = core ? [''] : groupsOf(kinds)
  const items = groups.map((group) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versionsOf(kinds, group).map((version) => ({
      version,
      resources: kinds.filter((kind) => kind.group === group && kind.version === version).map(aggregatedResource),
      freshness: 'Current',
    })),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

function aggregatedResource(kind: ServedKind): JsonObject {
  const { group, version } = kind
  // What built-in kinds answer with is of the group and version asked for: that is left out.
  const shown = (of: { group: string; version: string; kind: string }): JsonObject =>
    kind.origin === 'builtin' && of.group === group && of.version === version
      ? { group: '', version: '', kind: of.kind }
      : { group: of.group, version: of.version, kind: of.kind }
  const subresources = subresourcesOf(kind).map(({ name, verbs, ...responseKind }) => ({
    subresource: name,
    responseKind: shown(responseKind),
    verbs: [...verbs],
  }))
  return {
    resource: kind.plural,
    responseKind: shown(kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(subresources.length > 0 && { subresources }),
  }
}

export const coreVersions: JsonObject = { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }

export function groupList(kinds: readonly ServedKind[]): JsonObject {
  const groups = groupsOf(kinds).map((group) => groupEntry(kinds, group))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

/** `/apis/{group}`, or undefined for a group that is not served. */
export function groupDocument(kinds: readonly ServedKind[], group: string): JsonObject | undefined {
  if (group === '' || versionsOf(kinds, group).length === 0) return undefined
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(kinds, group) }
}

function groupEntry(kinds: readonly ServedKind[], group: string) {
  const versions = versionsOf(kinds, group).map((version) => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions, ...(versions[0] && { preferredVersion: versions[0] }) }
}

/** `/api/v1` and `/apis/{group}/{version}`, or undefined when nothing is served there. */
export function resourceList(kinds: readonly ServedKind[], group: string, version: string): JsonObject | undefined {
  const served = kinds.filter((kind) => kind.group === group && kind.version === version)
  if (served.length === 0) return undefined
  const groupVersion = apiVersionOf({ group, version })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(resourceEntries) }
}

function resourceEntries(kind: ServedKind): JsonObject[] {
  const main = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...(kind.shortNames.length > 0 && { shortNames: kind.shortNames }),
    ...(kind.categories.length > 0 && { categories: kind.categories }),
    ...(!kind.virtual && { storageVersionHash: storageVersionHash(kind) }),
  }
  const subresources = subresourcesOf(kind).map(({ name, group, version, kind: responseKind, verbs }) => ({
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(responseKind !== kind.kind && { group, version }),
    kind: responseKind,
    verbs: [...verbs],
  }))
  return [main, ...subresources]
}

/** Tag of a document. */
export function contentHash(body: string | Uint8Array): string {
  return createHash('sha256').update(body).digest('hex').toUpperCase()
}
