import { credentials, makeClientConstructor, Metadata } from '@grpc/grpc-js'
import type { Client, ServiceError, StatusObject } from '@grpc/grpc-js'
import type { PackageDefinition } from '@grpc/proto-loader'
import { loadProtos, messageType, serviceDefinition } from '../../examples/servers/support/protos.js'
import type { Any } from '../../examples/servers/support/protos.js'

type Fields = Record<string, unknown>

/** What came of a unary call that succeeded. */
export interface Answer {
  // Tests read into messages of many types.
  readonly message: Fields
  readonly headers: Metadata
  readonly trailers: Metadata
}

/** What came of one that did not. */
export interface Failure {
  readonly code: number
  readonly message: string
  /** The details, unpacked, each with the simple name of its type. */
  readonly details: Fields[]
  readonly trailers: Metadata
}

/** A client of one service, as somebody without a gateway writes it. */
export interface ExampleClient {
  call(method: string, request: Fields, headers?: Record<string, string>): Promise<Answer>
  /** Fails the test if the call succeeds. */
  fail(method: string, request: Fields, headers?: Record<string, string>): Promise<Failure>
  /** The grpc-js client, whose methods have the names of the RPCs. */
  readonly raw: Client & Record<string, CallableFunction>
  close(): void
}

/** Parsing .proto files takes longer than most tests: once per file is enough. */
const loaded = new Map<string, PackageDefinition>()

/** Connects to a server in clear text. */
export function connect(address: string, protoFile: string, service: string): ExampleClient {
  const definition = loaded.get(protoFile) ?? loadProtos(protoFile)
  loaded.set(protoFile, definition)
  const constructor = makeClientConstructor(serviceDefinition(definition, service), service)
  const raw = new constructor(address, credentials.createInsecure()) as unknown as ExampleClient['raw']

  const call: ExampleClient['call'] = (method, request, headers = {}) =>
    new Promise((resolve, reject) => {
      const metadata = new Metadata()
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
      let received = new Metadata()
      let message: Fields = {}
      const deadline = Date.now() + 10_000
      const running = raw[method]!(request, metadata, { deadline }, (error: ServiceError | null, answer: Fields) => {
        if (error) reject(error)
        else message = answer
      })
      running.on('metadata', (headersReceived: Metadata) => (received = headersReceived))
      running.on('status', ({ metadata: trailers }: StatusObject) => resolve({ message, headers: received, trailers }))
    })
  return {
    call,
    raw,
    close: () => raw.close(),
    async fail(method, request, headers) {
      const error = await call(method, request, headers).then(
        () => undefined,
        (reason: ServiceError) => reason,
      )
      if (error === undefined) throw new Error(`${method} succeeded`)
      return {
        code: error.code,
        message: error.details,
        details: details(error.metadata),
        trailers: error.metadata,
      }
    },
  }
}

function details(trailers: Metadata): Fields[] {
  const bytes = trailers.get('grpc-status-details-bin')[0]
  if (!Buffer.isBuffer(bytes)) return []
  const protos = loadProtos()
  const status = messageType<{ details: Any[] }>(protos, 'google.rpc.Status').deserialize(bytes)
  return status.details.map(({ type_url, value }) => {
    const name = type_url.slice(type_url.lastIndexOf('/') + 1)
    return { '@type': name.slice(name.lastIndexOf('.') + 1), ...messageType<Fields>(protos, name).deserialize(value) }
  })
}
