// What a function is: data we own. `index.ts` lists them, `main.ts` hands the list to @azure/functions.
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions'
import type { QueueName } from '../shared/api/message.ts'

export interface HttpFunction {
  readonly trigger: 'http'
  readonly name: string
  /** ASP.NET Core route template, below no prefix. */
  readonly route: string
  readonly handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>
}

export interface QueueFunction {
  readonly trigger: 'queue'
  /** The function's name is its queue's name. */
  readonly name: QueueName
  readonly handler: (message: unknown, context: InvocationContext) => Promise<void>
}

export interface TimerFunction {
  readonly trigger: 'timer'
  readonly name: string
  /** Six-field NCRONTAB, or a `%SETTING%` that holds one. */
  readonly schedule: string
  readonly handler: (context: InvocationContext) => Promise<void>
}

export type FunctionDef = HttpFunction | QueueFunction | TimerFunction
