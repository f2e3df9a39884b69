// The real @azure/service-bus behind the listeners' seam.
import { subscribe } from 'node:diagnostics_channel'
import { Socket } from 'node:net'
import { ServiceBusClient } from '@azure/service-bus'
import type { BusClient } from './bus-seam.ts'

// The SDK gathers small writes (Nagle) and the other side delays its acknowledgement: accepting a session while others
// wait for messages would take 45 ms instead of 2. It offers no switch, but Node tells of every socket it makes.
subscribe('net.client.socket', (event) => {
  if (typeof event === 'object' && event !== null && 'socket' in event && event.socket instanceof Socket) {
    event.socket.setNoDelay(true)
  }
})

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
