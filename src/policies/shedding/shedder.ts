import { Code, StatusError } from '../../status/index.js'
import { PolicyReason } from '../reasons.js'
import type { EventLoopDelay } from './event-loop.js'

/** In the order in which they are shed. */
export const PRIORITIES = ['low', 'normal', 'high'] as const
export type Priority = (typeof PRIORITIES)[number]

/** A priority's worth of pressure that is let off in a second, once the delay is short again. */
const FALL_PER_SECOND = 1
/** And taken on, at a delay of the bound; at twice that twice as fast, and so on up to this many times. */
const RISE_PER_SECOND = 1
const MAX_RISE = 5
/** Some of the highest priority always goes: else nobody could tell when it is over. */
const MAX_PRESSURE = PRIORITIES.length - 0.1
/** Below this share of the bound the delay is short: between the two nothing changes, lest it swing to and fro. */
const SHORT = 0.5

/**
 * Refuses as much as it takes for the event loop to keep up, and no more: the lowest priority first.
 *
 * The pressure says how much: 0.3 is three in ten of the requests of low priority, 1.3 all of those and three in ten of normal,
 * 2.3 all but seven in ten of high. It rises while the delay is over the bound, the faster the longer the delay, and falls when
 * it is below half of that: so it finds, and keeps, the share that can be served.
 */
export class Shedder {
  readonly #boundMs: number
  readonly #delay: EventLoopDelay
  #pressure = 0
  #wasOver = false
  /** What has not been refused yet of the share to refuse, for each priority: so that 0.3 is every third or fourth. */
  readonly #owed: number[] = PRIORITIES.map(() => 0)
  readonly #refusals = PRIORITIES.map((_, index) => refusalAfter(index + 1))

  constructor(boundMs: number, delay: EventLoopDelay) {
    this.#boundMs = boundMs
    this.#delay = delay
    delay.listen((delayMs, windowMs) => this.#adapt(delayMs, windowMs))
  }

  get pressure(): number {
    return this.#pressure
  }

  /**
   * Asks whether a request may be served.
   * @param rank index of its priority
   * @returns undefined, or why it is refused
   */
  refusalOf(rank: number): StatusError | undefined {
    this.#delay.ask()
    const excess = this.#pressure - rank
    if (excess <= 0) return undefined
    const owed = this.#owed[rank]! + Math.min(excess, 1)
    this.#owed[rank] = owed < 1 ? owed : owed - 1
    // That long, at the least, until all of its priority are served.
    return owed < 1 ? undefined : this.#refusals[Math.ceil(excess / FALL_PER_SECOND) - 1]
  }

  #adapt(delayMs: number, windowMs: number): void {
    const isOver = delayMs > this.#boundMs
    const seconds = windowMs / 1000
    if (isOver && this.#wasOver) {
      const rise = RISE_PER_SECOND * Math.min(delayMs / this.#boundMs, MAX_RISE) * seconds
      this.#pressure = Math.min(MAX_PRESSURE, this.#pressure + rise)
    } else if (delayMs < this.#boundMs * SHORT) {
      this.#pressure = Math.max(0, this.#pressure - FALL_PER_SECOND * seconds)
    }
    // Once is a reload or a collection of garbage, say, and over when it is seen.
    this.#wasOver = isOver
  }
}

/** Made once: a refusal under load should cost as little as it can. */
function refusalAfter(seconds: number): StatusError {
  return new StatusError(Code.Unavailable, 'the gateway is overloaded', {
    reason: PolicyReason.GatewayOverloaded,
    headers: ['retry-after', String(seconds)],
  })
}
