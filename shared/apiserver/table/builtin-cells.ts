// Which cells belong to which built-in kind. Their columns come with the kinds' data.
import type { ServedKind } from '../kind.ts'
import type { CellWriter } from './cells.ts'
import * as cluster from './cluster-cells.ts'
import * as events from './event-cells.ts'
import * as network from './network-cells.ts'
import { podCells } from './pod-cells.ts'
import * as storage from './storage-cells.ts'
import * as workload from './workload-cells.ts'

/** By `group/Kind`; the core group is empty. The order of cells is the order of the kind's columns. */
const writers: Readonly<Record<string, CellWriter>> = {
  '/ConfigMap': cluster.configMapCells,
  '/Endpoints': network.endpointsCells,
  '/Event': events.eventCells,
  '/LimitRange': cluster.nameAndTime,
  '/Namespace': cluster.namespaceCells,
  '/Node': cluster.nodeCells,
  '/PersistentVolume': storage.volumeCells,
  '/PersistentVolumeClaim': storage.claimCells,
  '/Pod': podCells,
  '/PodTemplate': workload.podTemplateCells,
  '/ReplicationController': workload.controllerCells,
  '/ResourceQuota': cluster.quotaCells,
  '/Secret': cluster.secretCells,
  '/Service': network.serviceCells,
  '/ServiceAccount': cluster.nameAndAge,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': cluster.webhookCells,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': cluster.policyCells,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': cluster.policyBindingCells,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': cluster.webhookCells,
  'apiextensions.k8s.io/CustomResourceDefinition': cluster.nameAndTime,
  'apiregistration.k8s.io/APIService': cluster.apiServiceCells,
  'apps/ControllerRevision': workload.revisionCells,
  'apps/DaemonSet': workload.daemonSetCells,
  'apps/Deployment': workload.deploymentCells,
  'apps/ReplicaSet': workload.replicaSetCells,
  'apps/StatefulSet': workload.statefulSetCells,
  'autoscaling/HorizontalPodAutoscaler': workload.autoscalerCells,
  'batch/CronJob': workload.cronJobCells,
  'batch/Job': workload.jobCells,
  'coordination.k8s.io/Lease': cluster.leaseCells,
  'discovery.k8s.io/EndpointSlice': network.endpointSliceCells,
  'events.k8s.io/Event': events.newEventCells,
  'networking.k8s.io/Ingress': network.ingressCells,
  'networking.k8s.io/IngressClass': network.ingressClassCells,
  'networking.k8s.io/NetworkPolicy': network.networkPolicyCells,
  'policy/PodDisruptionBudget': workload.disruptionBudgetCells,
  'rbac.authorization.k8s.io/ClusterRole': cluster.nameAndTime,
  'rbac.authorization.k8s.io/ClusterRoleBinding': cluster.bindingCells,
  'rbac.authorization.k8s.io/Role': cluster.nameAndTime,
  'rbac.authorization.k8s.io/RoleBinding': cluster.bindingCells,
  'scheduling.k8s.io/PriorityClass': cluster.priorityClassCells,
  'storage.k8s.io/CSIDriver': storage.csiDriverCells,
  'storage.k8s.io/StorageClass': storage.storageClassCells,
}

/** The cell writer of a built-in kind, or undefined for every other. */
export function builtinCells({ origin, group, kind }: ServedKind): CellWriter | undefined {
  return origin === 'builtin' ? writers[`${group}/${kind}`] : undefined
}
