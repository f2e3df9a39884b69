// Jobs: the server marks the pods of each so that no two jobs ever take each other's.
import { isJsonObject, type JsonObject } from '../../api/json.ts'
import { asJson, type KubeObject } from '../../api/kube-object.ts'
import { objectAt, valueAt, withFields } from '../builtin/edit.ts'
import type { KindBehavior } from './behavior.ts'

const uidLabel = 'batch.kubernetes.io/controller-uid'
const nameLabel = 'batch.kubernetes.io/job-name'

export const jobs: KindBehavior = {
  assigned(object, old) {
    const spec = object['spec']
    if (old || !isJsonObject(spec) || spec['manualSelector'] === true) return object
    return marked(object, spec)
  },
}

function marked(object: KubeObject, spec: JsonObject): KubeObject {
  const { uid = '', name = '' } = object.metadata
  const generated = { [uidLabel]: uid, 'controller-uid': uid, [nameLabel]: name, 'job-name': name }
  const template = objectAt(spec, 'template')
  const metadata = objectAt(template, 'metadata')
  const labels = { ...objectAt(metadata, 'labels'), ...generated }
  const own = valueAt(asJson(object), 'metadata', 'labels')
  return {
    ...object,
    metadata: { ...object.metadata, ...(own === undefined && { labels: labels as Record<string, string> }) },
    spec: withFields(spec, {
      selector: withFields(objectAt(spec, 'selector'), {
        matchLabels: { ...objectAt(objectAt(spec, 'selector'), 'matchLabels'), [uidLabel]: uid },
      }),
      template: withFields(template, { metadata: withFields(metadata, { labels }) }),
    }),
  }
}
