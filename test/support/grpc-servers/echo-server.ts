import { Metadata, Server, ServerCredentials, type ServiceDefinition, type UntypedHandleCall } from '@grpc/grpc-js'
import type {
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
} from '@grpc/grpc-js'

/**
 * A gRPC server on bytes, without generated code: the methods contract tests call. `ccore_server.py` serves the same.
 *
 * - `/test.Echo/Unary`: the message back; metadata `x-head-*` comes back as headers, `x-tail-*` as trailers
 * - `/test.Echo/Fail`: the request is JSON `{code, message, details?}` (details base64): fails so
 * - `/test.Echo/Count`: JSON `{count, size, code?}`: so many messages of so many bytes, then that status
 * - `/test.Echo/Collect`: answers JSON `{count, bytes}` of what was streamed in
 * - `/test.Echo/Chat`: each message back
 * - `/test.Echo/Hang`: never answers; {@link EchoServer.cancelled} counts the calls that ended before
 */
export interface EchoServer {
  readonly port: number
  /** Calls of Hang that the client has left. */
  cancelled: number
  /** Calls of Hang that have arrived. */
  arrived: number
  /** The `:authority` of the last call. */
  lastAuthority: string
  close(): void
}

const identity = (bytes: Buffer): Buffer => bytes
const method = (name: string, requestStream: boolean, responseStream: boolean): ServiceDefinition[string] => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: identity,
  requestDeserialize: identity,
  responseSerialize: identity,
  responseDeserialize: identity,
})

const service: ServiceDefinition = {
  Unary: method('Unary', false, false),
  Fail: method('Fail', false, false),
  Count: method('Count', false, true),
  Collect: method('Collect', true, false),
  Chat: method('Chat', true, true),
  Hang: method('Hang', false, false),
}

function pick(from: Metadata, prefix: string): Metadata {
  const picked = new Metadata()
  for (const name of Object.keys(from.getMap())) {
    if (name.startsWith(prefix)) for (const value of from.get(name)) picked.add(name, value)
  }
  return picked
}

export async function startEchoServer(
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
  address = '127.0.0.1:0',
): Promise<EchoServer> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 })
  const echo = { port: 0, cancelled: 0, arrived: 0, lastAuthority: '', close: () => server.forceShutdown() }
  const implementation: Record<string, UntypedHandleCall> = {
    Unary: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      echo.lastAuthority = call.getHost()
      call.sendMetadata(pick(call.metadata, 'x-head-'))
      done(null, call.request, pick(call.metadata, 'x-tail-'))
    },
    Fail: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      const { code, message, details } = JSON.parse(call.request.toString()) as Record<string, never>
      const metadata = pick(call.metadata, 'x-tail-')
      if (details !== undefined) metadata.set('grpc-status-details-bin', Buffer.from(details, 'base64'))
      done({ code, details: message, metadata })
    },
    Count: (call: ServerWritableStream<Buffer, Buffer>) => {
      const { count, size, code } = JSON.parse(call.request.toString()) as {
        count: number
        size: number
        code?: number
      }
      let sent = 0
      const write = (): void => {
        while (sent < count) {
          sent += 1
          if (!call.write(Buffer.alloc(size, sent))) {
            call.once('drain', write)
            return
          }
        }
        if (code === undefined) call.end()
        else call.emit('error', { code, details: 'counted' })
      }
      write()
    },
    Collect: (call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      let count = 0
      let bytes = 0
      call.on('data', (message: Buffer) => {
        count += 1
        bytes += message.length
      })
      call.on('end', () => done(null, Buffer.from(JSON.stringify({ count, bytes }))))
    },
    Chat: (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on('data', (message: Buffer) => call.write(message))
      call.on('end', () => call.end())
    },
    Hang: (call: ServerUnaryCall<Buffer, Buffer>) => {
      echo.arrived += 1
      call.on('cancelled', () => (echo.cancelled += 1))
    },
  }
  server.addService(service, implementation)
  echo.port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error))),
  )
  return echo
}
