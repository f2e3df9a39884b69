// The functions host of the local platform runs the app through the real @azure/functions library. In the cloud a worker
// process gives that library a module named `@azure/functions-core`, which no registry has; here this file gives it.
import { Module } from 'node:module'

/** One binding of a function, as the library describes it. */
export interface Binding {
  readonly type: string
  readonly direction: 'in' | 'out' | 'inout'
  readonly [option: string]: unknown
}

/** A value on its way to or from the library: one member is set. */
export interface TypedData {
  readonly string?: string
  readonly json?: string
  readonly bytes?: Uint8Array
  readonly http?: Readonly<Record<string, unknown>>
}

export interface InvocationRequest {
  readonly invocationId: string
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[]
  readonly triggerMetadata: Readonly<Record<string, TypedData>>
  readonly traceContext?: { readonly traceParent: string }
}

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'
export type LogCategory = 'user' | 'system' | 'customMetric'

export type FunctionCallback = (...args: unknown[]) => unknown

/** What the library calls back with for one invocation. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<unknown>
}

export interface CoreInvocationContext {
  readonly invocationId: string
  readonly request: InvocationRequest
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, Binding>> }
  state?: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks'
  log(level: LogLevel, category: LogCategory, message: string): void
}

export interface ProgrammingModel {
  readonly name: string
  getInvocationModel(context: CoreInvocationContext): InvocationModel
  getCapabilities(defaults: Record<string, string>): Promise<Record<string, string>>
}

export const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const
export type HookName = (typeof hookNames)[number]
export type Hook = (context: Record<string, unknown>) => unknown

export interface Registered {
  readonly name: string
  readonly bindings: Readonly<Record<string, Binding>>
  readonly callback: FunctionCallback
}

class Disposable {
  #dispose: (() => void) | undefined
  constructor(dispose: () => void) {
    this.#dispose = dispose
  }
  dispose(): void {
    this.#dispose?.()
    this.#dispose = undefined
  }
}

/** What the app registered so far, and the log it writes to. */
export interface CoreState {
  readonly functions: Registered[]
  readonly hooks: Readonly<Record<HookName, Hook[]>>
  model: ProgrammingModel | undefined
  /** The app has started: nothing more may be registered. */
  locked: boolean
  log: (level: LogLevel, category: LogCategory, message: string) => void
}

let installed: CoreState | undefined

/**
 * Makes `require('@azure/functions-core')` answer with our module, as the worker does. The library keeps the first
 * answer it gets, so this comes before the app is loaded, and once a process.
 */
export function installCore(): CoreState {
  if (installed) return installed
  const state: CoreState = {
    functions: [],
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
    model: undefined,
    locked: false,
    log: () => {},
  }
  const core = coreModule(state)
  const original = Module.prototype.require
  Module.prototype.require = Object.assign(function require(this: Module, id: string): unknown {
    return id === '@azure/functions-core' ? core : original.call(this, id)
  }, original)
  installed = state
  return state
}

function coreModule(state: CoreState): object {
  return {
    version: '3.11.0',
    hostVersion: '4.1045.0',
    Disposable,
    registerFunction: (metadata: Omit<Registered, 'callback'>, callback: FunctionCallback) => {
      if (state.locked) throw new Error('A function can only be registered during app startup.')
      if (state.functions.some((other) => other.name === metadata.name)) {
        throw new Error(`A function with name "${metadata.name}" has already been registered.`)
      }
      const entry = { name: metadata.name, bindings: metadata.bindings, callback }
      state.functions.push(entry)
      return new Disposable(() => remove(state.functions, entry))
    },
    registerHook: (name: string, hook: Hook) => {
      if (!isHookName(name)) {
        throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true })
      }
      state.hooks[name].push(hook)
      return new Disposable(() => remove(state.hooks[name], hook))
    },
    setProgrammingModel: (model: ProgrammingModel) => {
      state.model = model
    },
    getProgrammingModel: () => state.model,
    log: (level: LogLevel, category: LogCategory, message: string) => state.log(level, category, message),
  }
}

function isHookName(name: string): name is HookName {
  return hookNames.some((known) => known === name)
}

function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
}
