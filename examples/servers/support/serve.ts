import { dirname, join } from 'node:path'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { UntypedServiceImplementation } from '@grpc/grpc-js'
import type { PackageDefinition } from '@grpc/proto-loader'
import { HealthImplementation, protoPath as healthProtoPath } from 'grpc-health-check'
import { projectRoot, serviceDefinition } from './protos.js'
import { addReflection } from './reflection.js'
import { traced } from './tracing.js'

/** A server that listens. */
export interface RunningServer {
  /** What it listens on. */
  readonly host: string
  readonly port: number
  /** Ends it at once, calls in flight included. */
  stop(): Promise<void>
}

export interface ServeOptions {
  /** 0 picks a free one. */
  readonly port: number
  /** Where to listen; 127.0.0.1 where it is not said. */
  readonly host?: string | undefined
  /** What it calls itself in `x-served-by`, where there are several. */
  readonly name?: string | undefined
  /** `host:port` of the inventory, for servers that ask it. */
  readonly inventory?: string | undefined
}

/** A service to serve: its full name, where it is defined, and what its methods do. */
export interface Service {
  readonly name: string
  readonly definition: PackageDefinition
  /** The file the definition is from, as imported. */
  readonly protoFile: string
  readonly methods: UntypedServiceImplementation
}

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/** `health/v1/health.proto` is below this folder of the package. */
const healthRoot = join(dirname(healthProtoPath), '..', '..')

/**
 * Serves one service in clear text, and beside it what a server in real use has: reflection (v1 and
 * v1alpha) and health, overall (`""`) and by the service's name.
 */
export async function serve(service: Service, options: ServeOptions): Promise<RunningServer> {
  const server = new Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES })
  server.addService(serviceDefinition(service.definition, service.name), traced(service.name, service.methods))
  const health = new HealthImplementation({ '': 'SERVING', [service.name]: 'SERVING' })
  health.addToServer(server)
  addReflection(server, {
    roots: [join(projectRoot(), 'protos'), healthRoot],
    files: [service.protoFile, 'health/v1/health.proto'],
  })

  const host = options.host ?? '127.0.0.1'
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${options.port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    host,
    port,
    stop: () => {
      server.forceShutdown()
      return Promise.resolve()
    },
  }
}
