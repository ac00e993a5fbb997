import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { ListenConfig, ServerTlsConfig } from '../config/index.js'
import { Reason } from '../exchange/index.js'
import { Code, StatusError } from '../status/index.js'
import { statusBodyOf } from '../transcode/index.js'
import { connectRefused, endWithError, parserError } from './raw-response.js'
import type { Listener, ServerContext, ServerLimits } from './types.js'

/** Largest header block (semantics: "header block over 16 KiB: 431"). */
const MAX_HEADER_BYTES = 16 * 1024
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
  const options: ServerOptions = {
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
  }
  const { tls } = config
  const server = tls === undefined ? createServer(options) : createTlsServer({ ...options, ...serverTls(tls) })
  server.maxConnections = limits.maxConnections
  // Node's own bound on the number of header fields drops those beyond it in silence; the block's size bounds them too.
  server.maxHeadersCount = 0
  attach(server, context)
  await listen(server, config)
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
    host: config.host,
    port,
    close: () => closeServer(server),
    closeAllConnections: () => server.closeAllConnections(),
    renewTls: () => {
      if (tls !== undefined) (server as TlsServer).setSecureContext(secureContext(tls))
    },
  }
}

function attach(server: Server, context: ServerContext): void {
  server.on('request', context.handler)
  // RFC 9110 §10.1.1: the exchange says 100 once the policies that need no body have passed.
  server.on('checkContinue', context.handler)
  server.on('checkExpectation', (_req: IncomingMessage, res: ServerResponse) => {
    const error = new StatusError(Code.InvalidArgument, 'the only expectation met is 100-continue', {
      reason: Reason.ExpectationFailed,
      httpStatus: 417,
    })
    const { contentType, bytes } = context.transcoder().encodeStatus(statusBodyOf(error), 'json')
    res.writeHead(417, { 'content-type': contentType, 'content-length': bytes.length, connection: 'close' }).end(bytes)
  })
  server.on('connect', (_req, socket) => endWithError(socket, connectRefused(), context.transcoder()))
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    // The client went away, or a response is already on the wire: there is nobody to tell, or no way to.
    if (error.code === 'ECONNRESET' || hasResponseUnderWay(socket)) socket.destroy()
    else endWithError(socket, parserError(error), context.transcoder())
  })
}

/** Node keeps the response a socket is busy with in `_httpMessage`; writing into the middle of it would corrupt it. */
function hasResponseUnderWay(socket: object): boolean {
  const message: unknown = '_httpMessage' in socket ? socket._httpMessage : undefined
  return typeof message === 'object' && message !== null && 'headersSent' in message && message.headersSent === true
}

function listen(server: Server, { host, port }: ListenConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const isTaken = error.code === 'EADDRINUSE'
      const reason = isTaken ? 'something else listens there: choose another port, or 0 for any' : error.message
      reject(new Error(`cannot listen on ${host}:${port}: ${reason}`))
    }
    server.once('error', onError)
    server.listen(port, host, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

function serverTls(tls: ServerTlsConfig): TlsOptions {
  return {
    ...secureContext(tls),
    requestCert: tls.clientCert !== 'none',
    rejectUnauthorized: tls.clientCert === 'require',
    ALPNProtocols: ['http/1.1'],
  }
}

function secureContext(tls: ServerTlsConfig): SecureContextOptions {
  return {
    cert: readFileSync(tls.cert),
    key: readFileSync(tls.key),
    ...(tls.clientCa === undefined ? {} : { ca: readFileSync(tls.clientCa) }),
    minVersion: 'TLSv1.2',
  }
}
