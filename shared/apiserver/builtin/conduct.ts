// Where built-in kinds behave differently from each other although nothing in their schemas says so. Each set is what a
// real API server was seen to do.

const rbac = ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map(
  (kind) => `rbac.authorization.k8s.io/${kind}`,
)

/** Kinds that keep metadata.generation. */
export const withGeneration: ReadonlySet<string> = new Set([
  '/Pod',
  '/PodTemplate',
  '/ReplicationController',
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/Job',
  'batch/CronJob',
  'networking.k8s.io/Ingress',
  'networking.k8s.io/IngressClass',
  'networking.k8s.io/NetworkPolicy',
  'policy/PodDisruptionBudget',
  'scheduling.k8s.io/PriorityClass',
  'discovery.k8s.io/EndpointSlice',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'apiextensions.k8s.io/CustomResourceDefinition',
])

/** PUT to a name that is free creates. */
export const createdOnUpdate: ReadonlySet<string> = new Set([
  '/Endpoints',
  '/Event',
  '/LimitRange',
  '/Service',
  'events.k8s.io/Event',
  'coordination.k8s.io/Lease',
  ...rbac,
])

/** PUT without a resource version is refused. */
export const versionedUpdate: ReadonlySet<string> = new Set([
  'coordination.k8s.io/Lease',
  'policy/PodDisruptionBudget',
  'storage.k8s.io/CSIDriver',
  'apiregistration.k8s.io/APIService',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
])

/** DELETE answers the object. */
export const answeredWhenDeleted: ReadonlySet<string> = new Set([
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  '/Pod',
  '/PodTemplate',
  '/ResourceQuota',
  '/Service',
  '/ServiceAccount',
  'storage.k8s.io/CSIDriver',
  'storage.k8s.io/StorageClass',
])
