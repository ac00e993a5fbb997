import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type SecureContextOptions, type TlsOptions, type TLSSocket } from 'node:tls'
import type { ListenConfig, ServerTlsConfig } from '../config/index.js'
import { continueLater, hasBody, MAX_HEADER_BYTES, ServerRequest, type GatewayHandler } from '../exchange/index.js'
import { readBytes } from '../files/index.js'
import { Connections } from './connections.js'
import { boundConnections } from './bound-connections.js'
import { answerInTurn, answerParserError } from './connection-error.js'
import { losesWhatFollows } from './offered-upgrade.js'
import { connectRefused } from './raw-response.js'
import type { Listener, ServerContext, ServerLimits } from './types.js'

/**
 * Connections that may wait to be taken; the system has a bound of its own, most often this. Node's 511 are few when a load
 * balancer comes back: those beyond are tried again after seconds.
 */
const BACKLOG = 4096
/** How often Node looks for connections whose headers are late: the time-outs are kept within this. */
const CHECK_INTERVAL_MS = 1000

/**
 * Opens one listener.
 * @throws where the address cannot be bound or the TLS files cannot be used, with a message for a person
 */
export async function openListener(
  config: ListenConfig,
  limits: ServerLimits,
  context: ServerContext,
): Promise<Listener> {
  const options: ServerOptions<typeof ServerRequest> = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headerTimeoutMs,
    // The exchange times bodies itself, by route, and answers in the client's format.
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, limits.headerTimeoutMs),
    // The exchange refuses a request without Host itself, in the shape of every other error.
    requireHostHeader: false,
    insecureHTTPParser: false,
    noDelay: true,
    IncomingMessage: ServerRequest,
  }
  const { tls } = config
  let files = tls === undefined ? {} : readTlsFiles(tls)
  const server =
    tls === undefined ? createServer(options) : createTlsServer({ ...options, ...files, ...serverTls(tls, limits) })
  const connections = new Connections(server, tls !== undefined, limits.keepAliveTimeoutMs + limits.headerTimeoutMs)
  boundConnections(server, limits)
  if (limits.processes !== undefined && limits.processes > 1) {
    // Where the primary lets go of a worker, node:cluster closes the worker's servers, and calls back when it may end the line
    // between the two. It may not: the end of the drain is told over it.
    server.close = () => {
      void connections.close()
      return server
    }
  }
  // Node's own bound on the number of header fields drops those beyond it in silence; the block's size bounds them too.
  server.maxHeadersCount = 0
  if (tls !== undefined) server.on('secureConnection', keepWhatComesWhilePaused)
  attach(server, connections, context)
  await listen(server, config)
  // Accepting may fail for want of file descriptors, say; the next may succeed. (A failure to listen is told once, by
  // the rejection.)
  server.on('error', context.onError)
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    host: config.host,
    port,
    close: () => connections.close(),
    closeAllConnections: () => connections.closeAll(),
    readTls: () => {
      if (tls === undefined) return () => undefined
      const next = readTlsFiles(tls)
      if (isSame(next, files)) return () => undefined
      // Throws where OpenSSL has something against them.
      createSecureContext(next)
      return () => {
        renew(server as TlsServer, next, files)
        files = next
      }
    },
  }
}

/** How node:net reads a socket. Where a Node has it otherwise, its sockets are read through the stream from the beginning. */
interface Handle {
  reading: boolean
  readStart(): void
}

/**
 * node:http gives what is decrypted to its parser past the stream, which is cheap. One read may hold many TLS records; where node:http
 * stops reading after one of them, since answers wait to be taken, its parser refuses the others, and the requests in them are lost,
 * while later ones are answered. So from its first pause on a connection is read through the stream, which keeps what comes meanwhile.
 */
function keepWhatComesWhilePaused(socket: TLSSocket): void {
  const { _handle: handle } = socket as { readonly _handle?: Partial<Handle> | null }
  if (typeof handle?.reading !== 'boolean' || typeof handle.readStart !== 'function') return readByEvents(socket)
  socket.once('pause', () => {
    readByEvents(socket)
    // The stream believes that it has been reading all the time. It stops by itself, when it has as much as it may keep.
    if (socket.destroyed) return
    handle.reading = true
    handle.readStart!()
  })
}

/** Once there has been a listener, node:http leaves reading to the stream. */
function readByEvents(socket: TLSSocket): void {
  socket.on('data', ignore)
  socket.off('data', ignore)
}

const ignore = (): void => undefined

function attach(server: Server, connections: Connections, context: ServerContext): void {
  const handler: GatewayHandler = (req, res) => {
    // Our side has ended, or broken: nobody can be answered. node:http would give such a response its turn before those that still wait
    // for theirs, and end the process when it is done first.
    if (!req.socket.writable) return
    connections.onRequest(req)
    // Then node:http says `Connection: close`, so that the client knows what has not been served.
    if (losesWhatFollows(req)) res.shouldKeepAlive = false
    if (req instanceof ServerRequest && !hasBody(req)) req.silence()
    context.handler(req, res)
  }
  server.on('request', handler)
  // The exchange gives leave to send a body once what needs no body has passed, and refuses other expectations.
  server.on('checkContinue', continueLater(handler))
  server.on('checkExpectation', handler)
  server.on('connect', (_req, socket) => {
    // node:http has taken its own listener off a socket that it hands over, though answers to earlier requests are yet to be written: a
    // client that resets the connection meanwhile would end the process.
    socket.on('error', () => socket.destroy())
    answerInTurn(socket, connectRefused(), context, 'CONNECT')
  })
  server.on('clientError', (error, socket) => answerParserError(socket, error, context))
}

function listen(server: Server, { host, port }: ListenConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const isTaken = error.code === 'EADDRINUSE'
      const reason = isTaken ? 'something else listens there: choose another port, or 0 for any' : error.message
      reject(new Error(`cannot listen on ${host}:${port}: ${reason}`))
    }
    server.once('error', onError)
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function serverTls(tls: ServerTlsConfig, limits: ServerLimits): TlsOptions {
  return {
    requestCert: tls.clientCert !== 'none',
    rejectUnauthorized: tls.clientCert === 'require',
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: limits.headerTimeoutMs,
  }
}

/** New connections get the new certificate; sessions go on being resumed, unless other clients are to be let in now. */
function renew(server: TlsServer, next: TlsFiles, before: TlsFiles): void {
  const keys = server.getTicketKeys()
  server.setSecureContext(next)
  if (isSame({ ca: next.ca }, { ca: before.ca })) server.setTicketKeys(keys)
}

type TlsFiles = Pick<SecureContextOptions, 'minVersion'> & {
  readonly cert?: Buffer
  readonly key?: Buffer
  readonly ca?: Buffer | undefined
}

function isSame(files: TlsFiles, others: TlsFiles): boolean {
  return (['cert', 'key', 'ca'] as const).every((part) => {
    const [one, other] = [files[part], others[part]]
    return one === undefined || other === undefined ? one === other : one.equals(other)
  })
}

function readTlsFiles(tls: ServerTlsConfig): TlsFiles {
  return {
    cert: readBytes(tls.cert),
    key: readBytes(tls.key),
    ...(tls.clientCa === undefined ? {} : { ca: readBytes(tls.clientCa) }),
    minVersion: 'TLSv1.2',
  }
}
