// The roles every hub has, named and cut as a Kubernetes API server's, for what the hub serves, and the fleet's own three.
// Users change them as they like: what they take away from one comes back at the next start unless its annotation
// `rbac.authorization.kubernetes.io/autoupdate` is "false".
import type { LabelSelector } from '../../selector/selects.ts'

export interface DefaultRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** A ClusterRole with rules of its own, or with those of the roles it selects. */
export interface DefaultRole {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly rules?: readonly DefaultRule[]
  readonly aggregates?: readonly LabelSelector[]
}

/** A ClusterRoleBinding of the role of the same name to groups. */
export interface DefaultBinding {
  readonly name: string
  readonly groups: readonly string[]
}

const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const readWrite = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

const fleetGroups = [
  'cluster.kubernetes-fleet.io',
  'hubless.dev',
  'multicluster.x-k8s.io',
  'placement.kubernetes-fleet.io',
]
const placementGroup = ['placement.kubernetes-fleet.io']

const on = (apiGroups: readonly string[], verbs: readonly string[], ...resources: readonly string[]): DefaultRule => ({
  verbs,
  apiGroups,
  resources,
})
const at = (...nonResourceURLs: readonly string[]): DefaultRule => ({ verbs: ['get'], nonResourceURLs })

const into = (role: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' })
const from = (role: string): LabelSelector => ({ matchLabels: into(role) })

const workloads = ['daemonsets', 'deployments', 'deployments/scale', 'replicasets', 'replicasets/scale']
const statefulSets = ['statefulsets', 'statefulsets/scale']
const status = (...resources: readonly string[]) => resources.flatMap((resource) => [resource, `${resource}/status`])

/** What the owner of a namespace sends to member clusters with. */
const namespacedPlacing = ['resourceenvelopes', 'resourceoverrides', 'resourceplacements']
const namespacedStages = ['approvalrequests', 'stagedupdateruns', 'stagedupdatestrategies']

export const defaultRoles: readonly DefaultRole[] = [
  {
    name: 'cluster-admin',
    rules: [on(['*'], ['*'], '*'), { verbs: ['*'], nonResourceURLs: ['*'] }],
  },
  { name: 'admin', aggregates: [from('admin')] },
  { name: 'edit', labels: into('admin'), aggregates: [from('edit')] },
  { name: 'view', labels: into('edit'), aggregates: [from('view')] },
  {
    name: 'system:aggregate-to-admin',
    labels: into('admin'),
    rules: [
      on(['authorization.k8s.io'], ['create'], 'localsubjectaccessreviews'),
      on(['rbac.authorization.k8s.io'], readWrite, 'rolebindings', 'roles'),
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    labels: into('edit'),
    rules: [
      on([''], read, 'secrets'),
      on([''], ['impersonate'], 'serviceaccounts'),
      on([''], write, 'pods', 'configmaps', 'persistentvolumeclaims', 'replicationcontrollers'),
      on([''], write, 'replicationcontrollers/scale', 'secrets', 'serviceaccounts', 'services'),
      on([''], ['create'], 'serviceaccounts/token'),
      on(['', 'events.k8s.io'], write, 'events'),
      on(['apps'], write, ...workloads, ...statefulSets),
      on(['autoscaling'], write, 'horizontalpodautoscalers'),
      on(['batch'], write, 'cronjobs', 'jobs'),
      on(['policy'], write, 'poddisruptionbudgets'),
      on(['networking.k8s.io'], write, 'ingresses', 'networkpolicies'),
      on(['coordination.k8s.io'], readWrite, 'leases'),
    ],
  },
  {
    name: 'system:aggregate-to-view',
    labels: into('view'),
    rules: [
      on([''], read, 'configmaps', 'endpoints', ...status('persistentvolumeclaims', 'pods', 'services')),
      on([''], read, 'replicationcontrollers', 'replicationcontrollers/scale', 'replicationcontrollers/status'),
      on([''], read, 'limitranges', 'namespaces/status', ...status('resourcequotas'), 'serviceaccounts'),
      on([''], read, 'namespaces'),
      on(['', 'events.k8s.io'], read, 'events'),
      on(['discovery.k8s.io'], read, 'endpointslices'),
      on(['apps'], read, 'controllerrevisions', ...workloads, ...statefulSets),
      on(['apps'], read, 'daemonsets/status', 'deployments/status', 'replicasets/status', 'statefulsets/status'),
      on(['autoscaling'], read, ...status('horizontalpodautoscalers')),
      on(['batch'], read, ...status('cronjobs', 'jobs')),
      on(['policy'], read, ...status('poddisruptionbudgets')),
      on(['networking.k8s.io'], read, ...status('ingresses'), 'networkpolicies'),
    ],
  },
  // Whoever may look at a namespace sees where it is placed; placing it is a right of its own.
  {
    name: 'fleet:aggregate-to-view',
    labels: into('view'),
    rules: [
      on(placementGroup, read, ...namespacedPlacing, ...namespacedStages, 'clusterresourceplacementstatuses'),
      on(placementGroup, read, 'resourcebindings', 'resourceoverridesnapshots', 'resourcesnapshots'),
      on(placementGroup, read, 'schedulingpolicysnapshots'),
      on(['hubless.dev'], read, 'schedulingdecisions'),
      on(placementGroup, read, 'resourceplacements/status', 'stagedupdateruns/status', 'approvalrequests/status'),
    ],
  },
  {
    name: 'fleet:aggregate-to-app-developer',
    labels: { ...into('admin'), ...into('app-developer') },
    rules: [on(placementGroup, write, ...namespacedPlacing, 'stagedupdateruns', 'stagedupdatestrategies')],
  },
  {
    name: 'fleet:aggregate-to-admin',
    labels: into('admin'),
    rules: [
      on(placementGroup, [...write], 'approvalrequests'),
      on(placementGroup, ['patch', 'update'], 'approvalrequests/status'),
    ],
  },
  { name: 'app-developer', aggregates: [from('app-developer'), from('edit')] },
  {
    name: 'fleet-admin',
    rules: [
      on(fleetGroups, ['*'], '*'),
      on([''], read, 'events', 'namespaces', 'nodes'),
      on(['apiextensions.k8s.io'], read, 'customresourcedefinitions'),
    ],
  },
  {
    name: 'fleet-viewer',
    rules: [on(fleetGroups, read, '*'), on([''], read, 'events', 'namespaces')],
  },
  {
    name: 'system:basic-user',
    rules: [
      on(['authorization.k8s.io'], ['create'], 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
      on(['authentication.k8s.io'], ['create'], 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      at(
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ),
    ],
  },
  { name: 'system:public-info-viewer', rules: [at('/healthz', '/livez', '/readyz', '/version', '/version/')] },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      at(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      on(['authentication.k8s.io'], ['create'], 'tokenreviews'),
      on(['authorization.k8s.io'], ['create'], 'subjectaccessreviews'),
    ],
  },
]

const authenticated = 'system:authenticated'

export const defaultBindings: readonly DefaultBinding[] = [
  { name: 'cluster-admin', groups: ['system:masters'] },
  { name: 'system:basic-user', groups: [authenticated] },
  { name: 'system:discovery', groups: [authenticated] },
  { name: 'system:public-info-viewer', groups: [authenticated, 'system:unauthenticated'] },
  { name: 'system:service-account-issuer-discovery', groups: ['system:serviceaccounts'] },
]
