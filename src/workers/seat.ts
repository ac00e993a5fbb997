import type { Worker } from 'node:cluster'
import { Channel } from './channel.js'
import { takeBackConnections, whenLineEnds } from './handed-connections.js'
import { Restarts } from './restarts.js'
import type { WorkerView } from './types.js'

/** A process that is being brought up, or serves. */
export interface SeatedWorker {
  readonly place: number
  readonly channel: Channel
}

export interface SeatOptions {
  readonly place: number
  readonly fork: () => Worker
  /** Makes a process serve; rejects where it cannot. */
  readonly bringUp: (worker: SeatedWorker) => Promise<void>
  /** A process ended, or could not be brought up, and is replaced in so many ms. */
  readonly onCrash: (place: number, why: string, pauseMs: number) => void
  readonly onServing: (place: number) => void
  /** Whether a process of another place takes connections. */
  readonly hasOther: () => boolean
}

/** The place of one worker: one process after the other. */
export class Seat {
  readonly place: number
  readonly #options: SeatOptions
  readonly #restarts = new Restarts()
  #process: Worker | undefined
  #worker: SeatedWorker | undefined
  #state: WorkerView['state'] = 'waiting'
  #lastExit: string | null = null
  #pause: NodeJS.Timeout | undefined
  #isEnding = false
  #isListening = false
  #ended: (() => void) | undefined

  constructor(options: SeatOptions) {
    this.#options = options
    this.place = options.place
  }

  /** The process that serves, or is about to; undefined: there is none. */
  get worker(): SeatedWorker | undefined {
    return this.#worker
  }

  get isServing(): boolean {
    return this.#state === 'serving'
  }

  /** Whether the process takes connections. */
  get isAccepting(): boolean {
    return this.#isListening && this.#process?.isConnected() === true
  }

  get view(): WorkerView {
    return {
      worker: this.place,
      pid: this.#process?.process.pid ?? null,
      state: this.#state,
      restarts: this.#restarts.count,
      lastExit: this.#lastExit,
    }
  }

  /** The first process. Rejects where it cannot be brought up; none follows then. */
  async start(): Promise<void> {
    await this.#start()
  }

  /** From now on nobody is replaced. */
  stopReplacing(): void {
    this.#isEnding = true
    clearTimeout(this.#pause)
    if (this.#process !== undefined) this.#state = 'ending'
  }

  /** The process gets no more connections. What it was handed before it takes. */
  stopAccepting(): void {
    // One that does not listen yet would have no reason to stay.
    if (!this.#isListening) return
    this.#isListening = false
    this.#process?.disconnect()
  }

  /** Resolves when there is no process any more. One that does not end by itself is killed after so many ms. */
  async end(graceMs: number): Promise<void> {
    this.stopReplacing()
    if (this.#process === undefined) return
    const { process: child } = this.#process
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await new Promise<void>((resolve) => {
      this.#ended = resolve
      if (child.connected) child.disconnect()
    })
    clearTimeout(timer)
  }

  async #start(): Promise<void> {
    this.#restarts.onStart()
    this.#state = 'starting'
    const own = this.#options.fork()
    this.#process = own
    takeBackConnections(own, this.#options.hasOther)
    const channel = new Channel({
      send: (message, onSent) => {
        if (own.isConnected()) own.process.send(message, undefined, undefined, onSent)
        else onSent(new Error('the worker is gone'))
      },
      onMessage: (listener) => void own.on('message', listener),
      onEnd: (listener) => whenLineEnds(own, listener),
    })
    const worker: SeatedWorker = { place: this.place, channel }
    this.#worker = worker
    const exit = new Promise<string>((resolve) => {
      own.once('exit', (code: number | null, signal: string | null) => {
        resolve(signal ?? `exit code ${code ?? 0}`)
      })
      own.on('error', (error) => {
        // Else it is about something sent to a process that has just ended, which is told next.
        if (own.process.pid === undefined) resolve(error.message)
      })
    })
    // What is sent to a worker of node:cluster before it listens is lost.
    const heard = new Promise((resolve) => own.once('message', resolve))
    let isUp = false
    // Whatever comes of it, the end of the process decides what is next.
    void exit.then((how) => this.#onExit(worker, how, isUp))
    try {
      await Promise.race([
        heard.then(() => this.#options.bringUp(worker)),
        exit.then((how) => {
          throw new Error(`the process ended (${how})`)
        }),
      ])
    } catch (error) {
      if (own.process.exitCode === null && own.process.signalCode === null) own.process.kill('SIGKILL')
      throw error
    }
    isUp = true
    this.#isListening = true
    this.#state = this.#isEnding ? 'ending' : 'serving'
    this.#options.onServing(this.place)
  }

  #onExit(worker: SeatedWorker, how: string, wasUp: boolean): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#process = undefined
    this.#isListening = false
    this.#state = 'waiting'
    this.#ended?.()
    if (this.#isEnding) return
    this.#lastExit = how
    // What hindered one from coming up was told by whoever asked for it.
    if (wasUp) this.#replace(how)
  }

  #replace(why: string): void {
    const pauseMs = this.#restarts.onCrash()
    this.#options.onCrash(this.place, why, pauseMs)
    this.#pause = setTimeout(() => {
      this.#start().catch((error: unknown) => {
        if (!this.#isEnding) this.#replace(error instanceof Error ? error.message : String(error))
      })
    }, pauseMs)
  }
}
