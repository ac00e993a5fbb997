import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const folder = dirname(fileURLToPath(import.meta.url))
const tools = join(folder, '..', '..', '..', '..', '.tools')
const pythonEnv = { ...process.env, PYTHONPATH: join(tools, 'grpcio'), PYTHONDONTWRITEBYTECODE: '1' }

/**
 * Servers of the three gRPC families, as programs: `PROGRAM NAME PORT` serves the service of echo-project.ts and answers
 * NAME after 5 ms. Connections are ended in order (GOAWAY) when they are 2 s old; SIGTERM ends all of them so and then
 * the process, as a deployment does.
 */
export const FAMILIES = {
  'Go (grpc-go)': {
    command: [join(tools, 'go-server', 'go-server')],
    env: process.env,
    missing: () => (existsSync(join(tools, 'go-server', 'go-server')) ? undefined : 'no go-server binary'),
  },
  'C-core (grpcio)': {
    command: ['python3', join(folder, 'server.py')],
    env: pythonEnv,
    missing: () =>
      spawnSync('python3', ['-c', 'import grpc'], { env: pythonEnv }).status === 0 ? undefined : 'no grpcio',
  },
  'Node (grpc-js)': {
    command: [process.execPath, join(folder, 'server.mjs')],
    env: process.env,
    missing: () => undefined,
  },
} as const

export class RestartingServer {
  readonly name: string
  port = 0
  private readonly family: (typeof FAMILIES)[keyof typeof FAMILIES]
  private child: ChildProcess | undefined

  private constructor(family: keyof typeof FAMILIES, name: string) {
    this.family = FAMILIES[family]
    this.name = name
  }

  static async start(family: keyof typeof FAMILIES, name: string): Promise<RestartingServer> {
    const server = new RestartingServer(family, name)
    await server.run()
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** Ends it in order, and starts it again on its port. */
  async restart(): Promise<void> {
    const child = this.child!
    this.child = undefined
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
    await this.run()
  }

  kill(): void {
    this.child?.kill('SIGKILL')
  }

  private async run(): Promise<void> {
    const [program, ...args] = this.family.command
    const child = spawn(program!, [...args, this.name, String(this.port)], {
      env: this.family.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.child = child
    const lines = createInterface(child.stdout)
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with ${String(code)}`))),
    ])) as [string]
    this.port = Number(/^port (\d+)$/.exec(line)?.[1])
  }
}
