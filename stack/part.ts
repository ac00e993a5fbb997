import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, existsSync, readFileSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'

export interface PartOptions {
  readonly name: string
  /** A module for Node, or a program with its path. */
  readonly program: { readonly module: string } | { readonly binary: string }
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Folder of its log, `NAME.log`. */
  readonly folder: string
  /** Whether it answers by now. */
  readonly isUp: () => Promise<boolean>
  /** Told of its process id, again after each restart. */
  readonly onStart?: (pid: number) => void
}

/** How long a part may take to answer. */
const START_MS = 30_000
/** Between the end of a part and its next start. */
const RESTART_MS = 1000
/** A part that was asked to end and has not by then is made to. */
const STOP_MS = 15_000

/**
 * Runs a program until its standard input ends, so that it does not outlive who started it, however that ended. Node's
 * own programs see to it by their channel.
 */
const GUARD = 'exec 3<&0; "$@" </dev/null 3<&- & p=$!; (read -r _ <&3; kill "$p" 2>/dev/null) & wait "$p"'

/** A process of the stack. It is started again when it ends, as an orchestrator does. */
export class Part {
  readonly name: string
  readonly #options: PartOptions
  readonly #log: WriteStream
  #child: ChildProcess | undefined
  #isStopping = false
  #restart: NodeJS.Timeout | undefined

  private constructor(options: PartOptions) {
    this.name = options.name
    this.#options = options
    this.#log = createWriteStream(join(options.folder, `${options.name}.log`))
  }

  /** Starts a part, and waits for it to answer. */
  static async start(options: PartOptions): Promise<Part> {
    const part = new Part(options)
    part.#start()
    const end = Date.now() + START_MS
    while (!(await options.isUp().catch(() => false))) {
      if (Date.now() > end || part.#child === undefined) {
        await part.stop()
        throw new Error(`${options.name} does not come up: ${part.#tail()}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    return part
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child !== undefined) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      // One that a fault has stopped does not hear of it otherwise.
      child.kill('SIGCONT')
      if ('binary' in this.#options.program) child.stdin?.end()
      else child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    }
    await new Promise<void>((resolve) => this.#log.end(resolve))
  }

  #start(): void {
    const { program, args, env, onStart } = this.#options
    const child =
      'module' in program
        ? spawn(process.execPath, ['--import', END_WITH_PARENT, program.module, ...args], {
            env: { ...process.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
            detached: true,
          })
        : spawn('/bin/sh', ['-c', GUARD, 'sh', program.binary, ...args], {
            env: { ...process.env, ...env },
            stdio: ['pipe', 'pipe', 'pipe'],
            detached: true,
          })
    this.#child = child
    for (const stream of [child.stdout!, child.stderr!]) stream.pipe(this.#log, { end: false })
    // The program that could not be started at all has no exit.
    child.once('error', (error) => this.#log.write(`${error.message}\n`))
    child.once('exit', (code, signal) => {
      this.#child = undefined
      if (this.#isStopping) return
      this.#log.write(`${this.name} has ended (${signal ?? code}), and is started again\n`)
      this.#restart = setTimeout(() => this.#start(), RESTART_MS)
    })
    if (child.pid !== undefined) onStart?.(child.pid)
  }

  #tail(): string {
    const file = join(this.#options.folder, `${this.name}.log`)
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000) : 'it has no log'
  }
}

/** Ends a Node program with the one that started it. */
const END_WITH_PARENT = new URL('../examples/start/end-with-parent.js', import.meta.url).href
