import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { Project } from './project.js'

/** Types of the echo service, annotated: `GET /v1/echo/{text}` answers at once, `GET /v1/hold` when it is let go. */
export const ECHO_PROTO = `syntax = "proto3";
package echo.v1;
import "google/api/annotations.proto";
message Text { string text = 1; }
service EchoService {
  rpc Echo(Text) returns (Text) {
    option (google.api.http) = { get: "/v1/echo/{text}" additional_bindings { post: "/v1/echo" body: "*" } };
  }
  rpc Hold(Text) returns (Text) { option (google.api.http) = { get: "/v1/hold" }; }
}
`

/** What a project of the echo service has in gw.yaml; \`more\` is further lines. No access log, unless they say so. */
export function echoConfig(target: string, more = ''): string {
  const quiet = /^telemetry:/m.test(more) ? '' : 'telemetry: { accessLog: none }\n'
  return `listen: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
schema: [{ protos: ["echo/*.proto"], roots: [protos] }]
upstreams: { echo: { target: "${target}", services: ["echo.v1.*"] } }
${more}
${quiet}`
}

export function echoProject(target: string, more = ''): Project {
  return new Project({ 'gw.yaml': echoConfig(target, more), 'protos/echo/echo.proto': ECHO_PROTO })
}

export interface EchoUpstream {
  readonly target: string
  readonly port: number
  /** Calls of Hold that are waiting. */
  readonly held: () => number
  /** Metadata of the last call. */
  readonly lastMetadata: () => Readonly<Record<string, unknown>>
  /** Lets every held call finish. */
  release(): void
  stop(): void
}

/** Serves the echo service on bytes: requests come back as they are. */
export async function startEchoUpstream(): Promise<EchoUpstream> {
  const server = new Server()
  const waiting = new Set<() => void>()
  let lastMetadata: Readonly<Record<string, unknown>> = {}
  const bytes = (value: Buffer): Buffer => value
  const method = (name: string) => ({
    path: `/echo.v1.EchoService/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  })
  server.addService(
    { Echo: method('Echo'), Hold: method('Hold') },
    {
      Echo: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        lastMetadata = call.metadata.getMap()
        done(null, call.request)
      },
      Hold: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        const finish = (): void => done(null, call.request)
        waiting.add(finish)
        call.on('cancelled', () => waiting.delete(finish))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  return {
    port,
    target: `static:///127.0.0.1:${port}`,
    held: () => waiting.size,
    lastMetadata: () => lastMetadata,
    release: () => {
      for (const finish of waiting) finish()
      waiting.clear()
    },
    stop: () => server.forceShutdown(),
  }
}
