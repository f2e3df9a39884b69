// Writes the data of the built-in kinds from a real API server and the public protobuf definitions of Kubernetes:
//   node infra/tooling/generate-builtin-kinds.ts --server https://127.0.0.1:6443 --token TOKEN --modules ~/go/pkg/mod
// Without --server it starts the kube-apiserver and etcd found in KUBEBUILDER_ASSETS. Texts for humans are left out.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { compactDefinitions, referencedDefinitions } from './builtin/definitions.ts'
import { readProtobuf } from './builtin/protobuf.ts'
import { startServer } from './builtin/server.ts'

/** Group-versions whose kinds the hub serves, and which of their kinds. */
const wanted: Readonly<Record<string, readonly string[]>> = {
  'api/v1': [
    'Namespace',
    'ConfigMap',
    'Secret',
    'Service',
    'ServiceAccount',
    'Event',
    'PersistentVolumeClaim',
    'PersistentVolume',
    'LimitRange',
    'ResourceQuota',
    'Endpoints',
    'Pod',
    'PodTemplate',
    'ReplicationController',
    'Node',
  ],
  'apis/apps/v1': ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ControllerRevision'],
  'apis/batch/v1': ['Job', 'CronJob'],
  'apis/networking.k8s.io/v1': ['Ingress', 'IngressClass', 'NetworkPolicy'],
  'apis/rbac.authorization.k8s.io/v1': ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  'apis/policy/v1': ['PodDisruptionBudget'],
  'apis/autoscaling/v2': ['HorizontalPodAutoscaler'],
  'apis/scheduling.k8s.io/v1': ['PriorityClass'],
  'apis/storage.k8s.io/v1': ['StorageClass', 'CSIDriver'],
  'apis/coordination.k8s.io/v1': ['Lease'],
  'apis/discovery.k8s.io/v1': ['EndpointSlice'],
  'apis/events.k8s.io/v1': ['Event'],
  'apis/apiregistration.k8s.io/v1': ['APIService'],
  'apis/admissionregistration.k8s.io/v1': [
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ],
  'apis/apiextensions.k8s.io/v1': ['CustomResourceDefinition'],
  'apis/authentication.k8s.io/v1': ['TokenReview', 'SelfSubjectReview'],
  'apis/authorization.k8s.io/v1': [
    'SelfSubjectAccessReview',
    'SelfSubjectRulesReview',
    'SubjectAccessReview',
    'LocalSubjectAccessReview',
  ],
}

/** Bodies that are not objects of a resource of their own: messages only. */
const extraMessages: Readonly<Record<string, string>> = {
  'authentication.k8s.io/v1/TokenRequest': 'io.k8s.api.authentication.v1.TokenRequest',
  'autoscaling/v1/Scale': 'io.k8s.api.autoscaling.v1.Scale',
  'policy/v1/Eviction': 'io.k8s.api.policy.v1.Eviction',
  'v1/Status': 'io.k8s.apimachinery.pkg.apis.meta.v1.Status',
  'v1/DeleteOptions': 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
}

const Discovery = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string().default('') }),
      versions: z.array(
        z.object({
          version: z.string(),
          resources: z.array(
            z.object({
              resource: z.string(),
              responseKind: z.object({ group: z.string(), version: z.string(), kind: z.string() }),
              scope: z.enum(['Namespaced', 'Cluster']),
              singularResource: z.string(),
              verbs: z.array(z.string()),
              shortNames: z.array(z.string()).default([]),
              categories: z.array(z.string()).default([]),
              subresources: z.array(z.object({ subresource: z.string() })).default([]),
            }),
          ),
        }),
      ),
    }),
  ),
})

const Document = z.object({
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
})

interface Target {
  readonly server: string
  readonly token: string
}

/** The server's certificate is its own: this tool talks to a loopback server it was pointed at. */
function fetchJson({ server, token }: Target, path: string, accept = 'application/json'): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, server),
      { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}`, accept } },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          if (response.statusCode !== 200) return reject(new Error(`${path}: HTTP ${response.statusCode}`))
          return resolve(JSON.parse(Buffer.concat(parts).toString('utf8')))
        })
      },
    )
    call.on('error', reject)
    call.end()
  })
}

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

async function discover(target: Target) {
  const documents = await Promise.all(['/api', '/apis'].map((path) => fetchJson(target, path, aggregated)))
  return documents.flatMap((document) =>
    Discovery.parse(document).items.flatMap((group) =>
      group.versions.flatMap(({ version, resources }) =>
        resources.map((resource) => ({ ...resource, group: group.metadata.name, version })),
      ),
    ),
  )
}

const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const Table = z.object({
  columnDefinitions: z.array(
    z.object({ name: z.string(), type: z.string(), format: z.string(), priority: z.number() }),
  ),
})

/** Name, type, format and priority of what kubectl prints of a kind. */
async function columnsOf(target: Target, path: string): Promise<unknown[]> {
  const { columnDefinitions } = Table.parse(await fetchJson(target, path, tableAccept))
  return columnDefinitions.map(({ name, type, format, priority }) => [name, type, format, priority])
}

const groupVersionPath = (group: string, version: string) =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

/** The definition that describes a kind is the one that names it. */
function definitionOf(schemas: Record<string, Record<string, unknown>>, group: string, version: string, kind: string) {
  const Names = z.array(z.object({ group: z.string(), version: z.string(), kind: z.string() })).catch([])
  const found = Object.entries(schemas).find(
    ([name, schema]) =>
      name.endsWith(`.${kind}`) &&
      Names.parse(schema['x-kubernetes-group-version-kind']).some(
        (gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind,
      ),
  )
  if (!found) throw new Error(`no definition for ${group}/${version} ${kind}`)
  return found[0]
}

type Resource = Awaited<ReturnType<typeof discover>>[number]

async function kindData(target: Target, schemas: Record<string, Record<string, unknown>>, resource: Resource) {
  const { group, version, responseKind, scope, shortNames, categories, verbs, subresources } = resource
  const { kind } = responseKind
  return {
    group,
    version,
    kind,
    plural: resource.resource,
    singular: resource.singularResource,
    namespaced: scope === 'Namespaced',
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(!verbs.includes('get') && { virtual: true }),
    subresources: subresources.map(({ subresource }) => subresource),
    definition: definitionOf(schemas, group, version, kind),
    ...(verbs.includes('list') && {
      columns: await columnsOf(target, `/${groupVersionPath(group, version)}/${resource.resource}`),
    }),
  }
}

async function generate(target: Target, modules: string, out: string): Promise<void> {
  const version = z.object({ gitVersion: z.string() }).parse(await fetchJson(target, '/version')).gitVersion
  const schemas: Record<string, Record<string, unknown>> = {}
  for (const path of Object.keys(wanted)) {
    Object.assign(schemas, Document.parse(await fetchJson(target, `/openapi/v3/${path}`)).components.schemas)
  }
  const served = (await discover(target)).filter(({ group, version, responseKind }) =>
    wanted[groupVersionPath(group, version)]?.includes(responseKind.kind),
  )
  const kinds = await Promise.all(served.map((resource) => kindData(target, schemas, resource)))
  const roots = Object.fromEntries(
    kinds.map(({ group, version, kind, definition }) => [
      `${group === '' ? version : `${group}/${version}`}/${kind}`,
      definition,
    ]),
  )
  const names = referencedDefinitions(
    schemas,
    kinds.map(({ definition }) => definition),
  )
  const messages = readProtobuf(modules, version, [...Object.values(roots), ...Object.values(extraMessages)])
  writeLines(join(out, 'kinds.generated.json'), {
    kubernetes: version,
    kinds,
    definitions: compactDefinitions(schemas, names),
  })
  writeLines(join(out, 'protobuf.generated.json'), { roots: { ...roots, ...extraMessages }, messages })
  console.log(
    `${version}: ${kinds.length} kinds, ${names.length} definitions, ${Object.keys(messages).length} messages`,
  )
}

/** One line an entry of the second level, so that a new Kubernetes release is a readable difference. */
function writeLines(path: string, data: Readonly<Record<string, unknown>>): void {
  const sections = Object.entries(data).map(([name, value]) => {
    if (typeof value !== 'object' || value === null) return `${JSON.stringify(name)}: ${JSON.stringify(value)}`
    const list = Array.isArray(value)
    const lines = Object.entries(value).map(
      ([key, entry]) => `${list ? '' : `${JSON.stringify(key)}: `}${JSON.stringify(entry)}`,
    )
    return `${JSON.stringify(name)}: ${list ? '[' : '{'}\n${lines.join(',\n')}\n${list ? ']' : '}'}`
  })
  writeFileSync(path, `{\n${sections.join(',\n')}\n}\n`)
}

function moduleCache(): string {
  const answer = spawnSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' })
  if (answer.status !== 0) throw new Error('give --modules, the folder of the Go module cache (go is not installed)')
  return answer.stdout.trim()
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' },
      token: { type: 'string', default: '' },
      modules: { type: 'string' },
      out: { type: 'string', default: 'shared/apiserver/builtin' },
    },
  })
  const started = values.server === undefined ? await startServer() : undefined
  try {
    const target = started ?? { server: values.server ?? '', token: values.token }
    await generate(target, values.modules ?? moduleCache(), values.out)
  } finally {
    await started?.stop()
  }
}
