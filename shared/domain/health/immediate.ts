// Kinds that are nothing but data or rules: they work as soon as they are stored.

/** `group/version/resource`; KubeFleet's list. */
export const immediate: readonly string[] = [
  '/v1/namespaces',
  '/v1/secrets',
  '/v1/configmaps',
  '/v1/serviceaccounts',
  '/v1/limitranges',
  '/v1/resourcequotas',
  'rbac.authorization.k8s.io/v1/roles',
  'rbac.authorization.k8s.io/v1/clusterroles',
  'rbac.authorization.k8s.io/v1/rolebindings',
  'rbac.authorization.k8s.io/v1/clusterrolebindings',
  'networking.k8s.io/v1/networkpolicies',
  'networking.k8s.io/v1/ingressclasses',
  'storage.k8s.io/v1/csidrivers',
  'storage.k8s.io/v1/csinodes',
  'storage.k8s.io/v1/storageclasses',
  'storage.k8s.io/v1/csistoragecapacities',
  'apps/v1/controllerrevisions',
  'scheduling.k8s.io/v1/priorityclasses',
]
