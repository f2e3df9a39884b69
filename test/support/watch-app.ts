// A function app that is nothing but the hub's HTTP function over memory, with room for a few watches.
import { app } from '@azure/functions'
import { followAnswers } from '../../functions/http/answer-flow.ts'
import { answerWith } from '../../functions/http/hub-api.ts'
import { createMemoryObjectStore } from '../../shared/adapters/memory/object-store.ts'
import { systemClock, systemIds } from '../../shared/adapters/memory/system.ts'
import { createApiServer } from '../../shared/apiserver/api-server.ts'
import { allowEverything, loopbackAuthentication } from '../../shared/apiserver/auth/loopback.ts'
import { builtinKinds } from '../../shared/apiserver/builtin/builtin-kinds.ts'
import { createKindSource } from '../../shared/apiserver/kinds/kind-source.ts'
import { served } from './watch-app-record.ts'

app.setup({ enableHttpStream: true })
const store = createMemoryObjectStore({ clock: systemClock })
const flowOf = followAnswers()
const api = createApiServer({
  store,
  kinds: createKindSource({ store, base: builtinKinds, clock: systemClock }),
  clock: systemClock,
  ids: systemIds,
  log: {
    info() {},
    warn() {},
    error: (message, fields) => void served.errors.push(`${message} ${JSON.stringify(fields)}`),
  },
  authenticate: loopbackAuthentication,
  authorize: allowEverything,
  limits: { watches: 3, stallSeconds: 1, watchBacklog: 500 },
})
app.http('hub-api', {
  route: '{*path}',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'],
  authLevel: 'anonymous',
  handler: (request, { invocationId }) => answerWith(api, request, flowOf(invocationId)),
})
