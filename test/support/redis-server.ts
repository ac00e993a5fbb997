import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { poll } from './consul-agent.js'

const PROGRAM = fileURLToPath(new URL('../../.tools/redis/redis', import.meta.url))

/** scripts/get-redis.mjs has put the server there. */
export function hasRedis(): boolean {
  const isThere = existsSync(PROGRAM)
  if (!isThere && process.env['CI'] !== undefined) throw new Error('no redis: run scripts/get-redis.mjs')
  if (!isThere) console.log('skipped: no redis binary')
  return isThere
}

/** A real Redis on a free port of this machine, which keeps nothing on disk. */
export class RedisServer {
  readonly port: number
  readonly #arguments: readonly string[]
  readonly #folder = mkdtempSync(join(realpathSync(tmpdir()), 'protobridge-redis-'))
  #process: ChildProcess | undefined
  #output = ''

  private constructor(port: number, more: readonly string[]) {
    this.port = port
    this.#arguments = more
  }

  /** @param more arguments; `PORT` in them is the port */
  static async start(more: readonly string[] = ['--port', 'PORT']): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), more)
    await server.run()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts the process (again) and waits until it takes connections. */
  async run(): Promise<void> {
    const own = this.#arguments.map((argument) => argument.replace('PORT', String(this.port)))
    const child = spawn(
      PROGRAM,
      ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.#folder, ...own],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.#output = (this.#output + chunk.toString()).slice(-4000)))
    }
    await poll('redis to listen', () => {
      if (child.exitCode !== null) throw new Error(`redis has ended: ${this.#output}`)
      return isOpen(this.port)
    })
  }

  /** It answers nothing, and keeps its connections. */
  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async stop(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** One command by the inline protocol; what comes back, as it comes. */
  command(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${line}\r\n`))
      socket.once('data', (answer) => {
        socket.destroy()
        resolve(answer.toString())
      })
      socket.once('error', reject)
    })
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}
