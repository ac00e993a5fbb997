import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ChildOptions {
  /** What to call it when it ends. */
  readonly name: string
  /** The module to run. */
  readonly program: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Modules to load before it, as URLs. */
  readonly imports?: readonly string[]
  /** The line on its standard output that says that it is up; what the first group holds is its address. */
  readonly readyLine: RegExp
}

/** How a process ended: `exit code 1`, `signal SIGKILL`. */
export type Ending = string

/** A process of its own that was started here and ends with this one. */
export interface Child {
  readonly name: string
  /** Its address, once it is up. Rejects if it ends before. */
  readonly ready: Promise<string>
  readonly ended: Promise<Ending>
  /** Asks it to end (SIGTERM), or makes it (SIGKILL). Does nothing when it has ended. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
}

/**
 * Starts a program in a process and a process group of its own, so that Ctrl-C in the terminal reaches only this
 * process, which then ends the others in order. Its channel to this process closes with this process.
 */
export function startChild(options: ChildOptions): Child {
  const child = fork(options.program, options.args, {
    detached: true,
    env: { ...process.env, ...options.env },
    execArgv: (options.imports ?? []).flatMap((url) => ['--import', url]),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const ended = endingOf(child)
  const ready = new Promise<string>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout! })
    let isUp = false
    lines.on('line', (line) => {
      const address = isUp ? undefined : options.readyLine.exec(line)?.[1]
      if (address === undefined) console.log(line)
      else {
        isUp = true
        resolve(address)
      }
    })
    void ended.then((ending) => reject(new Error(`${options.name} ended before it was up: ${ending}`)))
  })
  // Whoever waits for it is told; where nobody waits yet, `ended` tells.
  ready.catch(() => undefined)
  return {
    name: options.name,
    ready,
    ended,
    kill: (signal) => {
      child.kill(signal)
    },
  }
}

function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  })
}
