// Service Bus triggers: which entity a function listens to, and how a message becomes an invocation.
import { InvalidInputError } from '../../../shared/errors.ts'
import type { Clock } from '../../../shared/ports/clock.ts'
import type { BusClient, EntityName } from './bus-seam.ts'
import type { Binding, Registered } from './core-module.ts'
import type { HostSettings } from './host-json.ts'
import type { HostLog, Invoker } from './invoker.ts'
import { type Listener, type ListenerOptions, startSessionListener } from './session-listener.ts'
import { messageData, messageMetadata } from './trigger-metadata.ts'

export interface BusListenerOptions {
  readonly function: Registered
  readonly binding: Binding
  readonly client: BusClient
  readonly settings: HostSettings['serviceBus']
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly invoker: Invoker
  readonly log: HostLog
}

/** Throws InvalidInputError for a binding this host cannot serve. */
export function startBusListener(options: BusListenerOptions): Listener {
  const { function: registered, binding, invoker } = options
  if (binding['cardinality'] === 'many') {
    throw new InvalidInputError(`function ${registered.name}: cardinality many is not served here; use one`)
  }
  const listener: ListenerOptions = {
    name: registered.name,
    entity: entityOf(registered.name, binding, options.environment),
    client: options.client,
    settings: options.settings,
    clock: options.clock,
    log: options.log,
    handle: async (message) => {
      await invoker.invoke({
        function: registered,
        data: messageData(message),
        triggerMetadata: messageMetadata(message),
      })
    },
  }
  return binding['isSessionsEnabled'] === true ? startSessionListener(listener) : startPlainListener(listener)
}

/** The name of the setting that holds the connection string of a binding. */
export function connectionSetting(name: string, binding: Binding): string {
  const setting = binding['connection']
  if (typeof setting === 'string' && setting !== '') return setting
  throw new InvalidInputError(`function ${name}: its Service Bus trigger names no connection`)
}

function entityOf(name: string, binding: Binding, environment: BusListenerOptions['environment']): EntityName {
  const resolve = (option: string): string => {
    const text = String(binding[option] ?? '')
    const setting = /^%([^%]+)%$/.exec(text)?.[1]
    const resolved = setting === undefined ? text : environment[setting]
    if (resolved) return resolved
    throw new InvalidInputError(`function ${name}: ${option} ${JSON.stringify(text)} gives no name`)
  }
  return binding['queueName'] === undefined
    ? [resolve('topicName'), resolve('subscriptionName')]
    : [resolve('queueName')]
}

/** Without sessions the SDK's own pump does what the cloud's host does: complete on return, abandon on throw. */
function startPlainListener({ name, entity, client, settings, log, handle }: ListenerOptions): Listener {
  const receiver = client.createReceiver(entity, {
    maxAutoLockRenewalDurationInMs: settings.maxAutoLockRenewalDurationMs,
    skipParsingBodyAsJson: true,
  })
  const inHand = new Set<Promise<void>>()
  const subscription = receiver.subscribe(
    {
      processMessage: (message) => {
        const work = handle(message).finally(() => inHand.delete(work))
        inHand.add(work)
        return work
      },
      processError: async ({ error, errorSource }) => {
        log({ level: 'warning', category: 'system', function: name, message: `${errorSource}: ${error.message}` })
      },
    },
    { autoCompleteMessages: true, maxConcurrentCalls: settings.maxConcurrentCalls },
  )
  return {
    stop: async () => {
      await subscription.close()
      await Promise.allSettled(inHand)
      await receiver.close()
    },
  }
}
