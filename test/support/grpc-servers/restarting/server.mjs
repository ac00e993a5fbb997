/** The echo service of test/support/echo-project.ts, answering its own name: see restarting-server.ts. */
import { Server, ServerCredentials } from '@grpc/grpc-js'

const MAX_CONNECTION_AGE_MS = 2000
const ANSWER_AFTER_MS = 5

const [, , name, port] = process.argv
const answer = Buffer.concat([Buffer.from([10, name.length]), Buffer.from(name)])
const bytes = (value) => value
const server = new Server({
  'grpc.max_connection_age_ms': MAX_CONNECTION_AGE_MS,
  'grpc.max_connection_age_grace_ms': 10_000,
})
server.addService(
  {
    Echo: {
      path: '/echo.v1.EchoService/Echo',
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  },
  { Echo: (_call, done) => setTimeout(() => done(null, answer), ANSWER_AFTER_MS) },
)
process.once('SIGTERM', () => server.tryShutdown(() => process.exit()))
server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
  if (error !== null) throw error
  console.log(`port ${bound}`)
})
