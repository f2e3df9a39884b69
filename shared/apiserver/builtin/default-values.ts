// Defaults of built-in kinds that do not depend on other fields. An API server sets them in code, so its OpenAPI does not
// say them; users see them in every `kubectl get -o yaml`. Values: the API reference of each kind.
import type { Json } from '../../api/json.ts'

const core = 'io.k8s.api.core.v1'
const apps = 'io.k8s.api.apps.v1'
const admission = 'io.k8s.api.admissionregistration.v1'

/** File mode of projected files, 0644. */
const fileMode = 0o644

const webhook = {
  failurePolicy: 'Fail',
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  timeoutSeconds: 10,
}

/** Definition name to field to default. */
export const defaultValues: Readonly<Record<string, Readonly<Record<string, Json>>>> = {
  [`${core}.PodSpec`]: {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  },
  [`${core}.Container`]: {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  [`${core}.EphemeralContainer`]: {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  [`${core}.Probe`]: { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  [`${core}.HTTPGetAction`]: { path: '/', scheme: 'HTTP' },
  [`${core}.ObjectFieldSelector`]: { apiVersion: 'v1' },
  [`${core}.SecretVolumeSource`]: { defaultMode: fileMode },
  [`${core}.ConfigMapVolumeSource`]: { defaultMode: fileMode },
  [`${core}.DownwardAPIVolumeSource`]: { defaultMode: fileMode },
  [`${core}.ProjectedVolumeSource`]: { defaultMode: fileMode },
  [`${core}.ServiceAccountTokenProjection`]: { expirationSeconds: 3600 },
  [`${core}.HostPathVolumeSource`]: { type: '' },
  [`${core}.PersistentVolumeSpec`]: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' },
  [`${core}.PersistentVolumeClaimSpec`]: { volumeMode: 'Filesystem' },
  [`${core}.Secret`]: { type: 'Opaque' },
  [`${core}.ServiceSpec`]: { sessionAffinity: 'None', type: 'ClusterIP' },
  [`${core}.EndpointPort`]: { protocol: 'TCP' },
  [`${apps}.DeploymentSpec`]: { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: {} },
  [`${apps}.DeploymentStrategy`]: { type: 'RollingUpdate' },
  [`${apps}.RollingUpdateDeployment`]: { maxUnavailable: '25%', maxSurge: '25%' },
  [`${apps}.DaemonSetSpec`]: { revisionHistoryLimit: 10, updateStrategy: {} },
  [`${apps}.DaemonSetUpdateStrategy`]: { type: 'RollingUpdate' },
  [`${apps}.RollingUpdateDaemonSet`]: { maxUnavailable: 1, maxSurge: 0 },
  [`${apps}.StatefulSetSpec`]: {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: {},
    persistentVolumeClaimRetentionPolicy: {},
  },
  [`${apps}.StatefulSetUpdateStrategy`]: { type: 'RollingUpdate' },
  [`${apps}.RollingUpdateStatefulSetStrategy`]: { partition: 0 },
  [`${apps}.StatefulSetPersistentVolumeClaimRetentionPolicy`]: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  [`${apps}.ReplicaSetSpec`]: { replicas: 1 },
  'io.k8s.api.batch.v1.CronJobSpec': {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  },
  'io.k8s.api.networking.v1.NetworkPolicyPort': { protocol: 'TCP' },
  'io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec': { minReplicas: 1 },
  'io.k8s.api.scheduling.v1.PriorityClass': { preemptionPolicy: 'PreemptLowerPriority' },
  'io.k8s.api.storage.v1.StorageClass': { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  'io.k8s.api.storage.v1.CSIDriverSpec': {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  },
  'io.k8s.api.discovery.v1.EndpointPort': { name: '', protocol: 'TCP' },
  [`${admission}.ValidatingWebhook`]: webhook,
  [`${admission}.MutatingWebhook`]: { ...webhook, reinvocationPolicy: 'Never' },
  [`${admission}.RuleWithOperations`]: { scope: '*' },
  [`${admission}.ValidatingAdmissionPolicySpec`]: { failurePolicy: 'Fail' },
  [`${admission}.MatchResources`]: { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} },
}
