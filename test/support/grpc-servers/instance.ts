import { Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js'
import { HealthImplementation, type ServingStatus } from 'grpc-health-check'

/** How an instance answers: its name; UNAVAILABLE; or not at all. */
export type Behaviour = 'answer' | 'unavailable' | 'hang'

/** One instance of the service of echo-project.ts; `GET /v1/echo/x` answers its name. */
export interface Instance {
  readonly name: string
  readonly address: string
  readonly port: number
  /** Calls of Echo that have arrived. */
  readonly calls: () => number
  behave(as: Behaviour): void
  /** Of the server as a whole; nothing where it has no health service. */
  setHealth(status: ServingStatus): void
  stop(): void
}

export interface InstanceOptions {
  /** `watch`: grpc.health.v1 whole; `check`: without Watch; `none`: no health service. */
  readonly health?: 'watch' | 'check' | 'none'
  readonly port?: number
  /** Connections are ended in order (GOAWAY) when they are so old. */
  readonly maxConnectionAgeMs?: number
  /** The address it listens on; default 127.0.0.1. */
  readonly host?: string
}

const bytes = (value: Buffer): Buffer => value
const unaryMethod = (path: string) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
})
const STATUSES: readonly ServingStatus[] = ['UNKNOWN', 'SERVING', 'NOT_SERVING']

export async function startInstance(
  name: string,
  { health = 'watch', port = 0, host = '127.0.0.1', maxConnectionAgeMs }: InstanceOptions = {},
): Promise<Instance> {
  const server = new Server(
    maxConnectionAgeMs === undefined
      ? {}
      : { 'grpc.max_connection_age_ms': maxConnectionAgeMs, 'grpc.max_connection_age_grace_ms': 5000 },
  )
  const answer = Buffer.concat([Buffer.from([10, name.length]), Buffer.from(name)])
  let behaviour: Behaviour = 'answer'
  let serving: ServingStatus = 'SERVING'
  let calls = 0
  const whole = new HealthImplementation({ '': 'SERVING' })
  server.addService(
    { Echo: unaryMethod('/echo.v1.EchoService/Echo') },
    {
      Echo: (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        calls += 1
        if (behaviour === 'answer') done(null, answer)
        else if (behaviour === 'unavailable') done({ code: status.UNAVAILABLE, details: `${name} is out of order` })
      },
    },
  )
  if (health === 'watch') whole.addToServer(server)
  if (health === 'check') {
    server.addService(
      { Check: unaryMethod('/grpc.health.v1.Health/Check') },
      {
        Check: (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
          done(null, Buffer.from([8, STATUSES.indexOf(serving)])),
      },
    )
  }
  const formatted = host.includes(':') ? `[${host}]` : host
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${formatted}:${port}`, ServerCredentials.createInsecure(), (error, number) =>
      error === null ? resolve(number) : reject(error),
    ),
  )
  return {
    name,
    port: bound,
    address: `${formatted}:${bound}`,
    calls: () => calls,
    behave: (as) => (behaviour = as),
    setHealth: (to) => {
      serving = to
      whole.setStatus('', to)
    },
    stop: () => server.forceShutdown(),
  }
}
