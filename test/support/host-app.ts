// A small function app with one function for every duty of the local host. Tests look at its record.
import { app, type HttpRequest, type InvocationContext } from '@azure/functions'
import { record } from './host-app-record.ts'

app.setup({ enableHttpStream: true })
app.hook.appTerminate(() => {
  record.terminated += 1
})
app.hook.preInvocation((context) => {
  if (context.invocationContext.functionName === 'hooked') context.inputs = ['from the hook']
})

async function note(name: string, context: InvocationContext, body?: unknown): Promise<void> {
  record.calls.push({ name, body, metadata: context.triggerMetadata, invocationId: context.invocationId })
  await record.gates.get(name)
}

app.http('echo', {
  route: 'echo/{id:int}/{*rest}',
  methods: ['GET', 'POST', 'PUT', 'HEAD'],
  handler: async (request: HttpRequest, context) => {
    await note('echo', context)
    return {
      status: 201,
      headers: { 'x-seen': request.headers.get('x-mine') ?? '' },
      jsonBody: {
        method: request.method,
        url: request.url,
        params: request.params,
        all: request.query.getAll('a'),
        body: await request.text(),
      },
    }
  },
})
app.http('bodies', {
  route: 'bodies',
  methods: ['GET', 'DELETE', 'PATCH', 'POST'],
  handler: async (request) => ({ body: `${request.method} ${await request.text()}` }),
})
app.http('literal', { route: 'echo/1/fixed', methods: ['GET'], handler: async () => ({ body: 'literal' }) })
app.http('throws', { route: 'throws', handler: () => Promise.reject(new Error('on purpose')) })
// The types ask for a response, the platform answers 204 for none: handlers written in JavaScript do return nothing.
app.http('nothing', { route: 'nothing', handler: async () => JSON.parse('null') })
app.http('slow', {
  route: 'slow',
  handler: async (_request, context) => {
    await note('slow', context)
    return { body: 'done' }
  },
})
app.http('stream', {
  route: 'stream/{mode?}',
  handler: async (request, context) => {
    await note('stream-head', context)
    const mode = request.params['mode']
    return {
      headers: { 'content-type': 'text/plain' },
      body: (async function* () {
        for (const chunk of ['one ', 'two ', 'three ']) {
          yield Buffer.from(chunk)
          await record.gates.get('stream')
          if (mode === 'fails') throw new Error('in the middle')
        }
      })(),
    }
  },
})
app.serviceBusQueue('ordered', {
  connection: 'Bus',
  queueName: '%ORDERED_QUEUE%',
  isSessionsEnabled: true,
  handler: async (message, context) => {
    await note('ordered', context, message)
    if (typeof message === 'object' && message !== null && 'fail' in message) throw new Error('not today')
  },
})
app.serviceBusQueue('plain', {
  connection: 'Bus',
  queueName: 'plain',
  handler: async (message, context) => note('plain', context, message),
})
app.serviceBusQueue('hooked', {
  connection: 'Bus',
  queueName: 'hooked',
  handler: async (message, context) => note('hooked', context, message),
})
app.timer('tick', {
  schedule: '%TICK%',
  handler: async (timer, context) => note('tick', context, timer),
})
