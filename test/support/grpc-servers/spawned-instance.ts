import { spawn } from 'node:child_process'

/** An instance as of instance.ts, in a process of its own: it can die. */
export interface SpawnedInstance {
  readonly address: string
  /** SIGKILL: no GOAWAY, no goodbye. */
  kill(): void
  /** SIGSTOP: connections stay, nothing answers. */
  hang(): void
}

const SCRIPT = `
const { Server, ServerCredentials } = require('@grpc/grpc-js')
const { HealthImplementation } = require('grpc-health-check')
const name = process.argv[1]
const answer = Buffer.concat([Buffer.from([10, name.length]), Buffer.from(name)])
const bytes = (value) => value
const server = new Server()
server.addService(
  { Echo: { path: '/echo.v1.EchoService/Echo', requestStream: false, responseStream: false, requestSerialize: bytes,
    requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes } },
  { Echo: (call, done) => done(null, answer) },
)
new HealthImplementation({ '': 'SERVING' }).addToServer(server)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error
  process.stdout.write(String(port) + '\\n')
})`

export async function spawnInstance(name: string): Promise<SpawnedInstance> {
  const child = spawn(process.execPath, ['-e', SCRIPT, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the instance ended with ${code}`)))
    child.stdout.once('data', (text: Buffer) => resolve(Number(text)))
  })
  return {
    address: `127.0.0.1:${port}`,
    kill: () => void child.kill('SIGKILL'),
    hang: () => void child.kill('SIGSTOP'),
  }
}
