// The limits of Table Storage that Azurite does not hold: 255 properties and 1 MiB an entity.
// Source of both numbers and of the size formula: "Understanding the Table service data model" in Microsoft's documentation.
import { type RequestContext, StorageError, storageErrors, type TableEntity } from './azurite.ts'

/** Of 255 properties an entity may have, PartitionKey, RowKey and Timestamp are three. */
const maxOwnProperties = 252
const maxEntityBytes = 1024 * 1024
const typeSuffix = '@odata.type'

const fixedSizes: Readonly<Record<string, number>> = {
  'Edm.Boolean': 1,
  'Edm.DateTime': 8,
  'Edm.Double': 8,
  'Edm.Guid': 16,
  'Edm.Int32': 4,
  'Edm.Int64': 8,
}

/** Throws Table Storage's own error when the entity, as it would be stored, is over a limit. */
export function checkEntityLimits(context: RequestContext, entity: TableEntity): void {
  const names = Object.keys(entity.properties).filter((name) => !name.endsWith(typeSuffix) && !isSystem(name))
  if (names.length > maxOwnProperties) {
    throw new StorageError(
      400,
      'TooManyProperties',
      'The entity contains more properties than allowed. Each entity can include up to 252 properties to store data. Each entity also has 3 system properties.',
      context.contextID ?? '',
      undefined,
      context,
    )
  }
  if (entityBytes(entity, names) > maxEntityBytes) throw storageErrors.getEntityTooLarge(context)
}

function isSystem(name: string): boolean {
  return name === 'PartitionKey' || name === 'RowKey' || name === 'Timestamp'
}

/** The documented size: 4 + 2 × (PartitionKey + RowKey) + for each property 8 + 2 × name + its value. */
function entityBytes(entity: TableEntity, names: readonly string[]): number {
  return names.reduce(
    (bytes, name) =>
      bytes + 8 + 2 * name.length + valueBytes(entity.properties[name], entity.properties[`${name}${typeSuffix}`]),
    4 + 2 * (entity.PartitionKey.length + entity.RowKey.length),
  )
}

function valueBytes(value: unknown, type: unknown): number {
  if (typeof type === 'string' && Object.hasOwn(fixedSizes, type)) return fixedSizes[type] ?? 8
  if (typeof value === 'string') {
    return type === 'Edm.Binary' ? 4 + Buffer.byteLength(value, 'base64') : 4 + 2 * value.length
  }
  return typeof value === 'boolean' ? 1 : 8
}
