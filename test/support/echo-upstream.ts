import { createServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader'

/*
 * The server of test/fixtures/echo.proto, on node:http2 and not on a gRPC library, so that it can answer what no library
 * would.
 */

const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const FIXTURES = folder('../fixtures')
const PROTOS = folder('../../protos')

const definition = loadSync('echo.proto', {
  includeDirs: [FIXTURES, PROTOS],
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
})
const service = definition['echo.v1.EchoService'] as ServiceDefinition

export interface Field {
  readonly name: string
  readonly value: string
}

interface Answer {
  readonly code: number
  readonly message: string
  readonly details: string
  readonly headers: readonly Field[]
  readonly trailers: readonly Field[]
  readonly delay_ms: number
  readonly hang: boolean
  readonly size: number
  readonly raw: Buffer
  readonly cut: boolean
}

type Message = Record<string, unknown> & { readonly answer?: Answer | null }

export interface EchoUpstream {
  readonly port: number
  /** `static:///127.0.0.1:PORT` */
  readonly target: string
  /** Calls that have arrived. */
  calls: number
  /** Calls that ended before they were answered. */
  cancelled: number
  /** When that was last, as performance.now(). */
  cancelledAt: number
  /** Request headers of the last call. */
  headers: IncomingHttpHeaders
  close(): void
}

/** A message of echo.v1 as its bytes; field names as in the file. */
export function encode(type: string, fields: object): Buffer {
  const { serialize } = definition[`echo.v1.${type}`] as MessageTypeDefinition<object, object>
  return serialize(fields)
}

export function decode(type: string, bytes: Buffer): Record<string, unknown> {
  const { deserialize } = definition[`echo.v1.${type}`] as MessageTypeDefinition<object, Record<string, unknown>>
  return deserialize(bytes)
}

/** The configuration that serves it. */
export function echoConfig(upstream: Pick<EchoUpstream, 'target'>, upstreamOptions: object = {}): object {
  return {
    schema: [{ protos: ['echo.proto'], roots: [FIXTURES, PROTOS] }],
    upstreams: { echo: { target: upstream.target, services: ['echo.v1.*'], ...upstreamOptions } },
  }
}

export async function startEchoUpstream(port = 0): Promise<EchoUpstream> {
  const server = createServer()
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined)
    session.on('close', () => sessions.delete(session))
  })
  server.on('sessionError', () => undefined)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address() as AddressInfo
  const echo: EchoUpstream = {
    port: address.port,
    target: `static:///127.0.0.1:${address.port}`,
    calls: 0,
    cancelled: 0,
    cancelledAt: 0,
    headers: {},
    close: () => {
      for (const session of sessions) session.destroy()
      server.close()
    },
  }
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, ...rest: unknown[]) => {
    // Node gives the block as it came as a fourth argument, which its types do not know.
    const raw = rest[0] as string[]
    echo.calls += 1
    echo.headers = headers
    let isAnswered = false
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', () => undefined)
    stream.on('end', () => {
      const method = service[String(headers[':path']).split('/')[2]!]!
      const request = method.requestDeserialize(Buffer.concat(chunks).subarray(5)) as Message
      const answer = request.answer ?? undefined
      const send = (): void => {
        isAnswered = true
        const response = answer?.raw.length ? answer.raw : method.responseSerialize(respond(method.path, request, raw))
        write(stream, answer, response)
      }
      if (answer?.hang) return
      if (answer?.cut) stream.session?.destroy()
      else if (answer?.delay_ms) setTimeout(send, answer.delay_ms)
      else send()
    })
    stream.on('close', () => {
      if (isAnswered) return
      echo.cancelled += 1
      echo.cancelledAt = performance.now()
    })
  })
  return echo
}

function respond(path: string, request: Message, raw: readonly string[]): object {
  if (path.endsWith('/Raw')) return request['content'] ?? {}
  if (path.endsWith('/Whole')) return request
  const headers: Field[] = []
  for (let i = 0; i < raw.length; i += 2) headers.push({ name: raw[i]!, value: raw[i + 1]! })
  const answer = (request.answer ?? {}) as Record<string, unknown> & { readonly size?: number }
  const mask = request['update_mask'] as { readonly paths: readonly string[] } | null | undefined
  return {
    ...request,
    mood: answer['mood'] !== undefined && answer['mood'] !== 'MOOD_UNSPECIFIED' ? answer['mood'] : request['mood'],
    some_time: answer['some_time'] ?? request['some_time'],
    any: answer['any'],
    mask_paths: mask?.paths ?? [],
    filling: 'x'.repeat(answer.size ?? 0),
    headers,
  }
}

function write(stream: ServerHttp2Stream, answer: Answer | undefined, response: Buffer): void {
  if (stream.destroyed) return
  const headers = { ':status': 200, 'content-type': 'application/grpc', ...fields(answer?.headers) }
  const trailers: Record<string, string | string[]> = {
    'grpc-status': String(answer?.code ?? 0),
    ...fields(answer?.trailers),
  }
  if (answer !== undefined && answer.message !== '') trailers['grpc-message'] = answer.message
  if (answer !== undefined && answer.details !== '') trailers['grpc-status-details-bin'] = answer.details
  stream.respond(headers, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(trailers))
  if (answer !== undefined && answer.code !== 0) return void stream.end()
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(response.length, 1)
  stream.end(Buffer.concat([prefix, response]))
}

/** Repeated names become lists. */
function fields(list: readonly Field[] = []): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  for (const { name, value } of list) {
    const before = headers[name]
    headers[name] = before === undefined ? value : [...[before].flat(), value]
  }
  return headers
}
