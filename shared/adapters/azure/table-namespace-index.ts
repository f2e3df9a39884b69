// The namespace index in the table `namespaces`: one partition per namespace, one row per type. Rows are never removed,
// because other processes remember them; a namespace has few.
import type { TableClient } from '@azure/data-tables'
import { type ResourceType, typeText } from '../../api/kube-object.ts'
import type { NamespaceIndex } from '../../ports/namespace-index.ts'
import { quote, storeError } from './fleet-table.ts'
import { escapeKey, unescapeKey } from './table-keys.ts'

/** Notes remembered, so that most creations cost nothing here. */
const rememberedNotes = 50_000

export class TableNamespaceIndex implements NamespaceIndex {
  readonly #table: TableClient
  readonly #noted = new Set<string>()

  constructor(table: TableClient) {
    this.#table = table
  }

  async note(namespace: string, type: ResourceType): Promise<void> {
    const id = `${namespace} ${typeText(type)}`
    if (this.#noted.has(id)) return
    try {
      await this.#table.upsertEntity(
        { partitionKey: escapeKey(namespace), rowKey: `${escapeKey(type.resource)}|${escapeKey(type.group)}` },
        'Replace',
      )
    } catch (error) {
      throw storeError(error, `noting ${typeText(type)} in namespace ${namespace}`)
    }
    if (this.#noted.size >= rememberedNotes) this.#noted.clear()
    this.#noted.add(id)
  }

  async types(namespace: string): Promise<readonly ResourceType[]> {
    const filter = `PartitionKey eq ${quote(escapeKey(namespace))}`
    const found: ResourceType[] = []
    try {
      for await (const { rowKey } of this.#table.listEntities({ queryOptions: { filter, select: ['rowKey'] } })) {
        const [resource = '', group = ''] = (rowKey ?? '').split('|').map(unescapeKey)
        found.push({ group, resource })
      }
    } catch (error) {
      throw storeError(error, `reading what types namespace ${namespace} holds`)
    }
    return found
  }
}
