// The real @azure/service-bus behind the listeners' seam.
import { ServiceBusClient } from '@azure/service-bus'
import type { BusClient } from './bus-seam.ts'

/** `tryTimeoutMs` is how long the broker holds an accept open when no session has a message. */
export function createBusClient(connectionString: string, tryTimeoutMs: number): BusClient {
  // The listeners have their own loops; the SDK's retries would leave a queue unattended for their delay after every
  // accept that found nothing.
  const client = new ServiceBusClient(connectionString, { retryOptions: { maxRetries: 0, timeoutInMs: tryTimeoutMs } })
  return {
    acceptNextSession: ([name, subscription], options) =>
      subscription === undefined
        ? client.acceptNextSession(name, options)
        : client.acceptNextSession(name, subscription, options),
    createReceiver: ([name, subscription], options) =>
      subscription === undefined
        ? client.createReceiver(name, options)
        : client.createReceiver(name, subscription, options),
    close: () => client.close(),
  }
}
