// The door to Azurite's table server: the few of its classes this folder uses, with the types its package leaves out.
// These paths are not a public API of the package, so package.json pins its version exactly.

import type { Server } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** What Azurite knows of the request being served; handed through to its error factory. */
export interface RequestContext {
  readonly contextID?: string
}

/** An entity as Azurite's handlers hand it over. They read `eTag` back from the same object after a write. */
export interface TableEntity {
  PartitionKey: string
  RowKey: string
  /** Values, each with an optional `<name>@odata.type` beside it. */
  properties: Record<string, unknown>
  /** ISO 8601 with seven decimals. */
  lastModifiedTime: string
  eTag: string
}

export interface TableModel {
  account: string
  table: string
  tableAcl?: unknown
}

export interface QueryOptions {
  readonly filter?: string
  readonly top?: number | null
}

export interface ServiceProperties {
  readonly accountName: string
  readonly cors?: unknown
  readonly hourMetrics?: unknown
  readonly logging?: unknown
  readonly minuteMetrics?: unknown
}

/** A node of a parsed `$filter`. */
export interface QueryNode {
  readonly name: string
  readonly left?: QueryNode
  readonly right?: QueryNode
  readonly identifier?: string
  readonly value?: unknown
}

/** What Azurite's handlers ask of a store (its `ITableMetadataStore`). */
export interface TableMetadataStore {
  init(): Promise<void>
  close(): Promise<void>
  clean(): Promise<void>
  isInitialized(): boolean
  isClosed(): boolean
  createTable(context: RequestContext, table: TableModel): Promise<void>
  deleteTable(context: RequestContext, table: string, account: string): Promise<void>
  setTableACL(account: string, table: string, context: RequestContext, acl?: unknown): Promise<void>
  getTable(account: string, table: string, context: RequestContext): Promise<TableModel>
  queryTable(
    context: RequestContext,
    account: string,
    options: QueryOptions,
    nextTable?: string,
  ): Promise<[TableModel[], string | undefined]>
  queryTableEntities(
    context: RequestContext,
    account: string,
    table: string,
    options: QueryOptions,
    nextPartitionKey?: string,
    nextRowKey?: string,
  ): Promise<[TableEntity[], string | undefined, string | undefined]>
  queryTableEntitiesWithPartitionAndRowKey(
    context: RequestContext,
    table: string,
    account: string,
    partitionKey: string,
    rowKey: string,
    batchId?: string,
  ): Promise<TableEntity | undefined>
  insertTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    entity: TableEntity,
    batchId?: string,
  ): Promise<TableEntity>
  insertOrUpdateTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    entity: TableEntity,
    ifMatch?: string,
    batchId?: string,
  ): Promise<TableEntity>
  insertOrMergeTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    entity: TableEntity,
    ifMatch?: string,
    batchId?: string,
  ): Promise<TableEntity>
  deleteTableEntity(
    context: RequestContext,
    table: string,
    account: string,
    partitionKey: string,
    rowKey: string,
    etag: string,
    batchId?: string,
  ): Promise<void>
  getTableAccessPolicy(context: RequestContext): Promise<never>
  setTableAccessPolicy(context: RequestContext): Promise<never>
  getServiceProperties(context: RequestContext, account: string): Promise<ServiceProperties | undefined>
  setServiceProperties(context: RequestContext, properties: ServiceProperties): Promise<ServiceProperties>
  beginBatchTransaction(batchId: string): Promise<void>
  endBatchTransaction(
    account: string,
    table: string,
    batchId: string,
    context: RequestContext,
    succeeded: boolean,
  ): Promise<void>
}

/** Makes the errors Azurite's middleware turns into Table Storage's answers. */
interface ErrorFactory {
  getTableAlreadyExists(context: RequestContext): Error
  getTableNotFound(context: RequestContext): Error
  getTableNotExist(context: RequestContext): Error
  ResourceNotFound(context: RequestContext): Error
  getEntityNotFound(context: RequestContext): Error
  getEntityAlreadyExist(context: RequestContext): Error
  getEntityTooLarge(context: RequestContext): Error
  getPreconditionFailed(context: RequestContext): Error
  getPropertiesNeedValue(context: RequestContext): Error
  getQueryConditionInvalid(context: RequestContext): Error
  getNotImplementedError(context: RequestContext): Error
}

type StorageErrorClass = new (
  status: number,
  code: string,
  message: string,
  requestId: string,
  extra: undefined,
  context: RequestContext,
) => Error

interface RunningServer {
  start(): Promise<void>
  close(): Promise<void>
  getHttpServerAddress(): string
  readonly httpServer: Server
}

type ServerBaseClass = new (
  host: string,
  port: number,
  http: Server,
  listener: unknown,
  configuration: unknown,
) => RunningServer

/** Azurite's modules are CommonJS with a `default` export; the shape is stated by whoever asks. */
function load<T>(path: string): { default: T } {
  return require(`azurite/dist/src/${path}`)
}

export const storageErrors = load<ErrorFactory>('table/errors/StorageErrorFactory').default
export const StorageError = load<StorageErrorClass>('table/errors/StorageError').default
export const parseQuery = load<(filter: string) => QueryNode>('table/persistence/QueryInterpreter/QueryParser').default
export const executeQuery = load<(subject: unknown, query: QueryNode) => boolean>(
  'table/persistence/QueryInterpreter/QueryInterpreter',
).default
/** Throws for a filter that compares nothing. */
export const validateQueryTree: (query: QueryNode) => void = (
  require('azurite/dist/src/table/persistence/QueryInterpreter/QueryValidator') as {
    validateQueryTree: (query: QueryNode) => void
  }
).validateQueryTree
export const newTableEntityEtag: (timestamp: string) => string = (
  require('azurite/dist/src/table/utils/utils') as { newTableEntityEtag: (timestamp: string) => string }
).newTableEntityEtag

export const ServerBase = load<ServerBaseClass>('common/ServerBase').default
export const TableConfiguration = load<new (...args: unknown[]) => unknown>('table/TableConfiguration').default
export const TableRequestListenerFactory = load<new (...args: unknown[]) => unknown>(
  'table/TableRequestListenerFactory',
).default
export const AccountDataStore =
  load<new (logger: unknown) => { init(): Promise<void>; close(): Promise<void> }>('common/AccountDataStore').default
export const logger = load<unknown>('common/Logger').default
