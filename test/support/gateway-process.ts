import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/* A gateway in a process of its own, as built, that tells what memory it holds once garbage has been collected. */

const INDEX = new URL('../../dist/src/index.js', import.meta.url).href
const PROGRAM = `
  import { createGateway } from ${JSON.stringify(INDEX)}
  const gateway = await createGateway(JSON.parse(process.argv[1]))
  process.on('message', () => {
    gc()
    const { rss, heapUsed, external } = process.memoryUsage()
    process.send({ rss, held: heapUsed + external })
  })
  process.send(await gateway.listen())
`

export interface Memory {
  /** Bytes of the heap and of buffers that are in use. */
  readonly held: number
  /** Bytes of the process. */
  readonly rss: number
}

export class GatewayProcess {
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.port = port
    this.#child = child
  }

  static async start(config: object): Promise<GatewayProcess> {
    const args = ['--expose-gc', '--input-type=module', '--eval', PROGRAM, JSON.stringify(config)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the gateway ended')))
    const [{ urls }] = (await Promise.race([once(child, 'message'), ended])) as [{ readonly urls: readonly string[] }]
    ended.catch(() => undefined)
    return new GatewayProcess(child, Number(new URL(urls[0]!).port))
  }

  async memory(): Promise<Memory> {
    const answer = once(this.#child, 'message')
    this.#child.send('memory')
    const [memory] = (await answer) as [Memory]
    return memory
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
