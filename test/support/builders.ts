// Objects for tests: short to write, complete to store.
import type { KubeObject } from '../../shared/api/kube-object.ts'
import type { PlacementSpec } from '../../shared/api/placement.ts'
import { placementKind } from './world.ts'

export function aNamespace(name: string, labels: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

export function aConfigMap(
  namespace: string,
  name: string,
  data: Record<string, string> = { key: 'value' },
): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data }
}

export function aDeployment(
  namespace: string,
  name: string,
  image = 'registry.example/web:1',
  replicas = 2,
): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  }
}

/** Places one namespace with what is in it. Rolls out at once unless told otherwise. */
export function aPlacement(name: string, namespace: string, spec: Partial<PlacementSpec> = {}): KubeObject {
  return {
    ...placementKind,
    metadata: { name },
    spec: {
      resourceSelectors: [{ group: '', version: 'v1', kind: 'Namespace', name: namespace }],
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: '100%', maxSurge: '100%', unavailablePeriodSeconds: 1 },
      },
      ...spec,
    },
  }
}
