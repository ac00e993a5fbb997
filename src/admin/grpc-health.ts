import type { Http2Server } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import {
  Server,
  ServerCredentials,
  status as Code,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import type { GrpcHealthConfig } from '../config/index.js'
import type { Awaitable } from './types.js'

/*
 * grpc.health.v1 of the gateway itself, for orchestrators and balancers that ask in gRPC (grpc/grpc-proto
 * grpc/health/v1/health.proto). Its messages have one field each, number 1.
 */

const SERVING = 1
const NOT_SERVING = 2
const SERVICE_UNKNOWN = 3
/** The gateway as a whole, by either name. */
const SERVICES = ['', 'protobridge']
/** How soon who watches is told of a change. */
const WATCH_MS = 500
/** Who asks is an orchestrator, or a balancer: a few of them, a few times each. Nobody has shown who they are. */
const MAX_CONNECTIONS = 128
const MAX_CALLS = 100
/** By HTTP/2's count, 32 for each field more than its text: what a probe sends has some hundred bytes. Others are told ENHANCE_YOUR_CALM. */
const MAX_HEADER_BYTES = 4096
const LIMITS = {
  /** A name is the only thing a request has. */
  'grpc.max_receive_message_length': 4096,
  // grpc-js sets neither of itself: one connection could hold calls and headers until memory is full.
  'grpc.max_concurrent_streams': MAX_CALLS,
  /** MiB. */
  'grpc-node.max_session_memory': 1,
  // Those that ask no more make room for others; those that are gone, and were watching, too.
  'grpc.max_connection_idle_ms': 60_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  /** Its statistics of calls, which nobody reads. */
  'grpc.enable_channelz': 0,
}

export interface GrpcHealth {
  /** `127.0.0.1:9902` */
  readonly address: string
  close(): void
}

/** A request. An object also where it names nothing: grpc-js takes an empty text for no message. */
interface Asked {
  readonly service: string
}

type Check = ServerUnaryCall<Asked, number>
type Watch = ServerWritableStream<Asked, number>

const method = (name: string, responseStream: boolean): ServiceDefinition[string] => ({
  path: `/grpc.health.v1.Health/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: encodeService,
  requestDeserialize: decodeService,
  responseSerialize: encodeStatus,
  responseDeserialize: decodeStatus,
})

const DEFINITION: ServiceDefinition = { check: method('Check', false), watch: method('Watch', true) }

/** Opens it. Rejects, with what to do, where the port is taken. */
export async function openGrpcHealth(
  { host, port }: GrpcHealthConfig,
  isReady: () => Awaitable<boolean>,
  onError: (error: Error) => void,
): Promise<GrpcHealth> {
  const server = new Server(LIMITS)
  const watchers = new Map<Watch, number>()
  const current = async (): Promise<number> => ((await isReady()) ? SERVING : NOT_SERVING)

  const tell = (call: Watch, status: number): void => {
    if (watchers.get(call) === status) return
    watchers.set(call, status)
    call.write(status)
  }
  const timer = setInterval(() => {
    if (watchers.size === 0) return
    // Asking may fail where another process has to answer: the next time will tell.
    Promise.resolve(current()).then(
      (status) => {
        for (const call of watchers.keys()) if (SERVICES.includes(call.request.service)) tell(call, status)
      },
      () => undefined,
    )
  }, WATCH_MS)
  timer.unref()

  server.addService(DEFINITION, {
    check: (call: Check, answer: sendUnaryData<number>) => {
      if (!SERVICES.includes(call.request.service)) return answer({ code: Code.NOT_FOUND, details: 'unknown service' })
      current().then(
        (status) => answer(null, status),
        () => answer({ code: Code.UNAVAILABLE, details: 'the gateway does not answer' }),
      )
    },
    watch: (call: Watch) => {
      const leave = (): void => void watchers.delete(call)
      call.on('cancelled', leave).on('error', leave).on('close', leave)
      watchers.set(call, -1)
      // A service that is not known yet may be later: the stream stays open (health.proto, Watch).
      if (!SERVICES.includes(call.request.service)) return tell(call, SERVICE_UNKNOWN)
      current().then(
        (status) => tell(call, status),
        () => tell(call, NOT_SERVING),
      )
    },
  })

  const at = host.includes(':') ? `[${host}]` : host
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  boundHeaders(server)
  // Its own listener has no bound on connections.
  const listener = createServer({ noDelay: true }, (socket) => injector.injectConnection(socket))
  listener.maxConnections = MAX_CONNECTIONS
  const bound = await new Promise<number>((resolve, reject) => {
    const onListenError = (error: Error): void => {
      clearInterval(timer)
      const advice = 'choose another port with admin.grpcHealth.port, or 0 for any'
      reject(new Error(`cannot listen on ${at}:${port} (grpc.health.v1): ${error.message}: ${advice}`))
    }
    listener.once('error', onListenError)
    listener.listen(port, host, () => {
      listener.off('error', onListenError).on('error', onError)
      resolve((listener.address() as AddressInfo).port)
    })
  })
  return {
    address: `${at}:${bound}`,
    close: () => {
      clearInterval(timer)
      listener.close()
      server.forceShutdown()
    },
  }
}

/**
 * grpc-js has no option for the size of header blocks, and answers an unknown path with a message that repeats it: paths of 10 KB
 * from one connection made the process six times as large.
 */
function boundHeaders(server: Server): void {
  const servers: unknown = Reflect.get(server, 'http2Servers')
  if (!(servers instanceof Map)) return
  for (const http2Server of (servers as Map<Partial<Http2Server>, unknown>).keys()) {
    http2Server.updateSettings?.({ maxConcurrentStreams: MAX_CALLS, maxHeaderListSize: MAX_HEADER_BYTES })
  }
}

function encodeService({ service }: Asked): Buffer {
  const writer = new BinaryWriter()
  if (service !== '') writer.tag(1, WireType.LengthDelimited).string(service)
  return Buffer.from(writer.finish())
}

/** @throws where the bytes are no such message, which is then the answer (INTERNAL) */
function decodeService(bytes: Buffer): Asked {
  let service = ''
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    if (field === 1 && wireType === WireType.LengthDelimited) service = reader.string()
    else reader.skip(wireType, field)
  }
  return { service }
}

function encodeStatus(status: number): Buffer {
  return Buffer.from(new BinaryWriter().tag(1, WireType.Varint).int32(status).finish())
}

function decodeStatus(bytes: Buffer): number {
  const reader = new BinaryReader(bytes)
  reader.tag()
  return reader.int32()
}
