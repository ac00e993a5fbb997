import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import { printAgentAddress } from './address.js'
import {
  AgentError,
  type AgentClient,
  type AgentRequest,
  type AgentResponse,
  type AgentSettings,
  type Clock,
} from './types.js'

const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_MAX_RESPONSE_BYTES = 32 * 1024 * 1024
/** A connection that takes longer than this is tried again, however long the answer may take. */
const CONNECT_TIMEOUT_MS = 10_000
/** A peer that vanished during a blocking query is noticed by TCP's keep-alive. */
const TCP_KEEP_ALIVE_MS = 15_000

/** A client of one agent. Connections are kept open between requests and never keep the process alive. */
export function createAgentClient(settings: AgentSettings, clock: Pick<Clock, 'setTimer'>): AgentClient {
  return new HttpAgentClient(settings, clock)
}

class HttpAgentClient implements AgentClient {
  readonly agent: string
  private readonly settings: AgentSettings
  private readonly clock: Pick<Clock, 'setTimer'>
  private readonly connections: http.Agent
  private readonly underWay = new Set<(error: AgentError) => void>()
  private isClosed = false

  constructor(settings: AgentSettings, clock: Pick<Clock, 'setTimer'>) {
    this.settings = settings
    this.clock = clock
    this.agent = printAgentAddress(settings.address)
    this.connections =
      settings.address.scheme === 'https'
        ? new https.Agent({ keepAlive: true, ...tlsOptions(settings) })
        : new http.Agent({ keepAlive: true })
  }

  async request(request: AgentRequest): Promise<AgentResponse> {
    try {
      return await this.send(request)
    } catch (error) {
      // The agent closed a kept connection just as we used it (RFC 9112 §9.3.1): a GET may be sent again.
      if (error instanceof StaleConnection) return this.send(request)
      throw error
    }
  }

  close(): void {
    this.isClosed = true
    for (const end of [...this.underWay]) end(new AgentError('aborted', 'the client of the Consul agent is closed'))
    this.connections.destroy()
  }

  private send(request: AgentRequest): Promise<AgentResponse> {
    return new Promise((resolve, reject) => {
      const aborted = (): AgentError => new AgentError('aborted', 'the request to the Consul agent was ended')
      if (this.isClosed || request.signal?.aborted === true) return reject(aborted())

      const body = request.body === undefined ? undefined : encodeBody(request.body)
      const sent = this.open(request, body)
      const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS
      let isSettled = false
      const settle = (finish: () => void): void => {
        if (isSettled) return
        isSettled = true
        timer.cancel()
        connectTimer?.cancel()
        this.underWay.delete(fail)
        request.signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const fail = (error: Error): void =>
        settle(() => {
          reject(error)
          sent.destroy()
        })
      const onAbort = (): void => fail(aborted())
      const timer = this.clock.setTimer(timeoutMs, () =>
        fail(new AgentError('timeout', `the Consul agent ${this.agent} did not answer within ${timeoutMs} ms`)),
      )
      let connectTimer: { cancel(): void } | undefined
      this.underWay.add(fail)
      request.signal?.addEventListener('abort', onAbort, { once: true })

      sent.on('socket', (socket) => {
        if (request.holdsProcess === true) socket.ref()
        else socket.unref()
        socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS)
        if (!socket.connecting) return
        connectTimer = this.clock.setTimer(CONNECT_TIMEOUT_MS, () =>
          fail(
            new AgentError(
              'timeout',
              `no connection to the Consul agent ${this.agent} within ${CONNECT_TIMEOUT_MS} ms`,
            ),
          ),
        )
        const connected = this.settings.address.scheme === 'https' ? 'secureConnect' : 'connect'
        socket.once(connected, () => connectTimer?.cancel())
      })
      sent.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.method === 'GET' && sent.reusedSocket && error.code === 'ECONNRESET'
        fail(isStale ? new StaleConnection() : this.unreachable(error))
      })
      sent.on('response', (response) => {
        const maxBytes = request.maxResponseBytes ?? DEFAULT_MAX_RESPONSE_BYTES
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes <= maxBytes) chunks.push(chunk)
          else
            fail(
              new AgentError('oversized', `the Consul agent ${this.agent} answered with more than ${maxBytes} bytes`),
            )
        })
        response.on('error', (error: NodeJS.ErrnoException) => fail(this.unreachable(error)))
        response.on('aborted', () => fail(this.unreachable(new Error('connection lost'))))
        response.on('end', () => {
          if (!response.complete) return
          settle(() =>
            resolve({
              status: response.statusCode ?? 0,
              headers: singleHeaders(response),
              body: Buffer.concat(chunks),
            }),
          )
        })
      })
      sent.end(body?.bytes)
    })
  }

  private open(request: AgentRequest, body: EncodedBody | undefined): http.ClientRequest {
    const { address, basicAuth } = this.settings
    const token = this.settings.token()
    const headers: http.OutgoingHttpHeaders = { accept: 'application/json', 'user-agent': 'protobridge' }
    if (token !== undefined) headers['x-consul-token'] = token
    if (basicAuth !== undefined) headers['authorization'] = `Basic ${Buffer.from(basicAuth).toString('base64')}`
    if (body !== undefined) {
      headers['content-type'] = body.type
      headers['content-length'] = body.bytes.length
    }
    const { request: begin } = address.scheme === 'https' ? https : http
    return begin({
      agent: this.connections,
      method: request.method,
      path: `${address.pathPrefix}${request.path}${this.queryString(request)}`,
      headers,
      ...(address.socketPath === undefined
        ? { host: address.host, port: address.port }
        : { socketPath: address.socketPath, host: 'localhost' }),
    })
  }

  private queryString(request: AgentRequest): string {
    const { datacenter, namespace, partition } = this.settings
    const pairs: (readonly [string, string | undefined])[] = [...(request.query ?? [])]
    if (datacenter !== undefined) pairs.push(['dc', datacenter])
    if (namespace !== undefined) pairs.push(['ns', namespace])
    if (partition !== undefined) pairs.push(['partition', partition])
    if (pairs.length === 0) return ''
    const written = pairs.map(([name, value]) =>
      value === undefined ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    )
    return `?${written.join('&')}`
  }

  private unreachable(error: NodeJS.ErrnoException): AgentError {
    return new AgentError(
      'unreachable',
      `the Consul agent ${this.agent} is not reachable: ${error.code ?? error.message}`,
    )
  }
}

/** A kept connection was closed before the answer. */
class StaleConnection extends Error {}

interface EncodedBody {
  readonly type: string
  readonly bytes: Buffer
}

function encodeBody(body: unknown): EncodedBody {
  if (Buffer.isBuffer(body)) return { type: 'application/octet-stream', bytes: body }
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) }
}

function tlsOptions({ address, tls }: AgentSettings): https.AgentOptions {
  const servername = tls.serverName ?? (isIP(address.host) === 0 ? address.host : undefined)
  return {
    ca: tls.ca === undefined ? undefined : [...tls.ca],
    cert: tls.cert,
    key: tls.key,
    rejectUnauthorized: tls.isVerified,
    ...(servername === undefined ? {} : { servername }),
  }
}

function singleHeaders(response: http.IncomingMessage): Readonly<Record<string, string>> {
  const out: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    const first = Array.isArray(value) ? value[0] : value
    if (first !== undefined) out[name] = first
  }
  return out
}
