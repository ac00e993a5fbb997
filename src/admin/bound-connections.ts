import type { RequestListener, Server, ServerOptions } from 'node:http'
import type { Socket } from 'node:net'

/** Who asks are a few probes, scrapers and people. Probes need no token: anybody who reaches the port may connect. */
const MAX_CONNECTIONS = 128
/** As many more are told why they are closed; those beyond are closed without a word. */
const MAX_REFUSED = 128
/** For a client to take the refusal. */
const LINGER_MS = 1000
/** No answer takes so long: a reload waits for workers, two minutes at most. */
const STALL_MS = 180_000

/** How long a client may take, so that those that say nothing make room for others. */
export const CLIENT_TIMES: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1000,
}

const BODY = '{"error":"too many connections to the admin port: try again soon"}'
const REFUSAL =
  'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n' +
  `content-type: application/json; charset=utf-8\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`

/** Bounds how many connections a server has, and how long one may be silent. Passes on the requests of those it takes. */
export function boundConnections(server: Server, onRequest: RequestListener): void {
  const refused = new WeakSet<Socket>()
  let taken = 0
  server.maxConnections = MAX_CONNECTIONS + MAX_REFUSED
  server.timeout = STALL_MS
  server.on('connection', (socket: Socket) => {
    if (taken >= MAX_CONNECTIONS) {
      refused.add(socket)
      socket.end(REFUSAL)
      setTimeout(() => socket.destroy(), LINGER_MS).unref()
      return
    }
    taken++
    socket.once('close', () => taken--)
  })
  server.on('request', (req, res) => {
    if (!refused.has(req.socket)) onRequest(req, res)
  })
}
