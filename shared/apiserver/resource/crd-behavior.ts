// CustomResourceDefinitions: served the moment they are accepted, removed only after their objects.
import { isJsonObject } from '../../api/json.ts'
import { asJson, type KubeObject } from '../../api/kube-object.ts'
import { defaultCrd } from '../crd/canonical.ts'
import { establishedStatus } from '../crd/established.ts'
import { formatWarnings } from '../crd/format-warnings.ts'
import { validateCrd } from '../crd/validate-crd.ts'
import { crdFinalizer } from '../garbage/garbage-news.ts'
import { crdType } from '../kinds/kind-source.ts'
import type { KindBehavior } from './behavior.ts'

export const customResourceDefinitions: KindBehavior = {
  prepare(object) {
    return defaultCrd(asJson(object)) as unknown as KubeObject
  },
  errors(object, old) {
    return validateCrd(asJson(object), old && asJson(old))
  },
  warnings(object, old) {
    return formatWarnings(asJson(object), old && asJson(old))
  },
  async complete(object, _old, { store, now, subresource }) {
    if (subresource !== undefined) return object
    const { items } = await store.list(crdType)
    const others = items
      .filter(({ key }) => key.name !== object.metadata.name)
      .map(({ object: other }) => asJson(other))
    return { ...object, status: establishedStatus(asJson(object), others, now) }
  },
  deleting(object, now) {
    const status = isJsonObject(object['status']) ? object['status'] : {}
    const conditions = Array.isArray(status['conditions']) ? status['conditions'] : []
    const terminating = {
      type: 'Terminating',
      status: 'True',
      lastTransitionTime: now,
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    }
    const others = conditions.filter((condition) => !isJsonObject(condition) || condition['type'] !== 'Terminating')
    // Its objects go first.
    const finalizers = [...new Set([...(object.metadata.finalizers ?? []), crdFinalizer])]
    return {
      ...object,
      metadata: { ...object.metadata, finalizers },
      status: { ...status, conditions: [...others, terminating] },
    }
  },
}
