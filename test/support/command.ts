import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from './calls.js'

/** The command as it is installed: built by the set-up of `npm test`. */
const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface CommandResult {
  /** undefined where a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Runs `protobridge ARGS` to its end. */
export async function protobridge(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Command(args, options).ended
}

/** `protobridge serve`, up and ready. */
export async function serve(args: readonly string[], options: CommandOptions = {}): Promise<Command> {
  const command = new Command(['serve', ...args], options)
  try {
    await command.ready()
  } catch (error) {
    // Nobody else knows of it.
    await command.stop()
    throw error
  }
  return command
}

/** A process of the command. */
export class Command {
  stdout = ''
  stderr = ''
  readonly ended: Promise<CommandResult>
  readonly #child: ChildProcess
  #hasEnded = false

  constructor(args: readonly string[], { cwd, env }: CommandOptions = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout!.on('data', (text: Buffer) => (this.stdout += text.toString()))
    this.#child.stderr!.on('data', (text: Buffer) => (this.stderr += text.toString()))
    this.ended = new Promise((resolve) =>
      this.#child.once('close', (code) => {
        this.#hasEnded = true
        resolve({ code: code ?? undefined, stdout: this.stdout, stderr: this.stderr })
      }),
    )
  }

  /** The URLs of the ready line. Throws where the process ends before. */
  async ready(): Promise<string[]> {
    await until(() => this.#hasEnded || this.stdout.includes('\n'), 'the ready line', 45_000)
    if (this.#hasEnded) throw new Error(`it ended: ${this.stderr}`)
    return this.urls
  }

  get urls(): string[] {
    return this.stdout.match(/https?:\/\/\S+/g) ?? []
  }

  get url(): string {
    return this.urls[0]!
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  get admin(): string {
    return /admin on (\S+)/.exec(this.stderr)![1]!
  }

  /** As a reader that takes nothing more of stdout, until it does again. */
  stallStdout(): void {
    this.#child.stdout!.pause()
  }

  resumeStdout(): void {
    this.#child.stdout!.resume()
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** As a reader that leaves, `head` for one. */
  closePipes(): void {
    this.#child.stdout!.destroy()
    this.#child.stderr!.destroy()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Makes sure that it is gone. */
  async stop(): Promise<CommandResult> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL')
    return this.ended
  }
}
