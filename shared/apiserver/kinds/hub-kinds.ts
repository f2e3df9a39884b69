// The served kinds as placing their objects needs to know them.
import { typeText } from '../../api/kube-object.ts'
import type { HubKind, KindIndex } from '../../ports/kind-index.ts'
import type { KindSource } from './kind-source.ts'

/** Every kind that is stored, its served versions in order of preference, which is the order they are listed in. */
export function hubKinds(source: Pick<KindSource, 'current' | 'refresh'>): KindIndex {
  return {
    async kinds({ fresh = false } = {}) {
      const stored = (await (fresh ? source.refresh() : source.current())).kinds.filter(({ virtual }) => !virtual)
      return [...Map.groupBy(stored, ({ storage }) => typeText(storage)).values()].flatMap((versions): HubKind[] => {
        const [first] = versions
        if (!first) return []
        const { group, kind, namespaced, storage } = first
        return [{ group, kind, namespaced, type: storage, versions: versions.map(({ version }) => version) }]
      })
    },
  }
}
