import express from 'express'
import type { Express } from 'express'
// In a project of your own: from 'protobridge'. Here the types must be found before anything is built.
import type { Gateway } from '../../src/index.js'

/** An Express app with routes of its own and the gateway's below `/api`. */
export function createApp(gateway: Gateway): Express {
  const app = express()

  app.get('/hello', (_request, response) => {
    response.json({ hello: 'from Express' })
  })

  // Before any body parser: the gateway reads bodies itself, as bytes, within its own limits.
  // `/api/v1/shelves/1` is `/v1/shelves/1` to the gateway. What no route of it knows goes on to what follows here.
  app.use('/api', gateway.handler)

  app.post('/echo', express.json(), (request, response) => {
    response.json(request.body)
  })

  app.use((_request, response) => {
    response.status(404).json({ error: 'neither Express nor the gateway knows this' })
  })
  return app
}
