import type { RequestListener } from 'node:http'
// In a project of your own: from 'protobridge'. Here the types must be found before anything is built.
import type { Gateway } from '../../src/index.js'

/** What `node:http` calls with each request: a route of our own, and the gateway for all others. */
export function createListener(gateway: Gateway): RequestListener {
  return (request, response) => {
    if (request.method === 'GET' && request.url === '/hello') {
      response.setHeader('content-type', 'text/plain')
      response.end('hello from node:http\n')
      return
    }
    // Without a third argument the gateway answers what no route of it knows, too: 404.
    gateway.handler(request, response)
  }
}
