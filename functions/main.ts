// The app's entry point (package.json `main`, built to dist/main.js): registers every function of the list.
import { app } from '@azure/functions'
import { ending } from './ending.ts'
import { functions } from './index.ts'

app.setup({ enableHttpStream: true })
app.hook.appTerminate(() => ending.abort())

for (const definition of functions) {
  switch (definition.trigger) {
    case 'http':
      app.http(definition.name, {
        route: definition.route,
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        authLevel: 'anonymous',
        handler: definition.handler,
      })
      break
    case 'queue':
      app.serviceBusQueue(definition.name, {
        connection: 'ServiceBusConnection',
        queueName: definition.name,
        isSessionsEnabled: true,
        cardinality: 'one',
        handler: definition.handler,
      })
      break
    case 'timer':
      app.timer(definition.name, {
        schedule: definition.schedule,
        handler: (_timer, context) => definition.handler(context),
      })
      break
  }
}
