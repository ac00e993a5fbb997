import cluster from 'node:cluster'
import type { Logger } from 'pino'
import { Seat, type SeatedWorker } from './seat.js'
import type { WorkerAnswer, WorkerChannel, WorkerView } from './types.js'
import { PLACE_VARIABLE } from './worker-process.js'

export interface FleetOptions {
  /** The module that a worker runs: a path. */
  readonly module: string
  readonly count: number
  readonly logger: Logger
  /** Makes a process serve; rejects where it cannot. */
  readonly bringUp: (worker: SeatedWorker) => Promise<void>
}

const ASK_TIMEOUT_MS = 1000

/**
 * The processes that serve, over node:cluster: so many of them, whatever becomes of one. The primary accepts connections and
 * hands them round in turn (the operating system, left to itself, gives most of them to few).
 */
export class Fleet implements WorkerChannel {
  readonly #seats: readonly Seat[]

  constructor({ module, count, logger, bringUp }: FleetOptions) {
    // Structured clone: bytes go as bytes.
    cluster.setupPrimary({ exec: module, args: [], serialization: 'advanced' })
    cluster.schedulingPolicy = cluster.SCHED_RR
    this.#seats = Array.from({ length: count }, (_, index) => {
      const place = index + 1
      return new Seat({
        place,
        fork: () => cluster.fork({ [PLACE_VARIABLE]: String(place) }),
        bringUp,
        onCrash: (worker, why, pauseMs) => {
          const when = pauseMs === 0 ? 'at once' : `in ${(pauseMs / 1000).toFixed(1)} s`
          logger.error({ worker }, `a worker has ended, or did not come up: ${why}; another takes its place ${when}`)
        },
        onServing: (worker) => logger.info({ worker }, 'a worker serves'),
        hasOther: () => this.#seats.some((seat) => seat.place !== place && seat.isAccepting),
      })
    })
  }

  /** Workers there are, whether they serve already or are about to. */
  get workers(): readonly SeatedWorker[] {
    return this.#seats.flatMap(({ worker }) => worker ?? [])
  }

  get serving(): number {
    return this.#seats.filter(({ isServing }) => isServing).length
  }

  get views(): readonly WorkerView[] {
    return this.#seats.map(({ view }) => view)
  }

  /** Resolves when all serve; where one cannot, all end, and it rejects with why. */
  async start(): Promise<void> {
    const started = await Promise.allSettled(this.#seats.map((seat) => seat.start()))
    const failed = started.find((result) => result.status === 'rejected')
    if (failed === undefined) return
    await this.end(0)
    throw failed.reason
  }

  async ask<T>(name: string, argument?: unknown, timeoutMs = ASK_TIMEOUT_MS): Promise<readonly WorkerAnswer<T>[]> {
    const answers = await Promise.all(
      this.#seats.map(async ({ worker, isServing, place }) => {
        if (worker === undefined || !isServing) return undefined
        try {
          return { worker: place, value: (await worker.channel.ask(name, argument, timeoutMs)) as T }
        } catch {
          // It has ended, or is too busy to answer: said by there being no answer.
          return undefined
        }
      }),
    )
    return answers.filter((answer) => answer !== undefined)
  }

  /** From now on nobody is replaced. */
  stopReplacing(): void {
    for (const seat of this.#seats) seat.stopReplacing()
  }

  /**
   * Takes no connections any more. To be called before workers close their listeners: node:cluster forgets a connection that it
   * has handed to the last of them just then, and it would stay open, without an answer, until this process ends.
   */
  stopAccepting(): void {
    for (const seat of this.#seats) seat.stopAccepting()
  }

  /** Ends all; those that do not end by themselves are killed after so many ms. */
  async end(graceMs: number): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.end(graceMs)))
  }
}
