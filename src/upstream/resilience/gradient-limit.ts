/** `breaker.adaptive`. */
export interface AdaptiveSettings {
  /** Calls that may be under way while it is measured how long they take without a queue; the fewest there ever may be. */
  readonly min: number
  /** How often that is measured, ms. */
  readonly intervalMs: number
  /** How many times as long calls may take before fewer are let through; more than 1. */
  readonly tolerance: number
}

/** Calls of which the median is what a call takes without a queue. */
const PROBE_CALLS = 50
/** Over how long calls are looked at together, ms; and how many of them at most. */
const WINDOW_MS = 100
const WINDOW_CALLS = 500
const MIN_GRADIENT = 0.5
const MAX_GRADIENT = 2

/**
 * How many calls an upstream takes at one time, learnt from how long they take (the gradient controller of Envoy's
 * adaptive concurrency filter, with its constants). Every `intervalMs` only `min` calls are let through for a while: what
 * they take is what a call takes without a queue. In between, as long as calls take about that, the limit grows; when they
 * take longer, which is what a queue looks like from outside, it shrinks.
 */
export class GradientLimit {
  /** Calls that may be under way; whole. */
  limit: number
  readonly #settings: AdaptiveSettings
  readonly #max: number
  readonly #took = new Float64Array(WINDOW_CALLS)
  #count = 0
  #idealMs = 0
  #isProbing = true
  #limitBefore: number
  /** When the probe or the window began; and when the next probe is due. */
  #since: number
  #nextProbe = 0

  constructor(settings: AdaptiveSettings, max: number, nowMs: number) {
    this.#settings = settings
    this.#max = max
    this.#limitBefore = this.limit = Math.min(settings.min, max)
    this.#since = nowMs
  }

  /** Takes how long a call took that was answered, or not in time; it ended now. */
  sample(tookMs: number, nowMs: number): void {
    // One from before the probe had the calls of before beside it.
    if (this.#isProbing && nowMs - tookMs < this.#since) return
    if (this.#count < WINDOW_CALLS) this.#took[this.#count++] = tookMs
    if (this.#isProbing) {
      if (this.#count >= PROBE_CALLS) this.#endProbe(nowMs)
    } else if (nowMs - this.#since >= WINDOW_MS) {
      this.#adjust()
      this.#since = nowMs
      if (nowMs >= this.#nextProbe) this.#probe()
    }
  }

  #probe(): void {
    this.#isProbing = true
    this.#limitBefore = this.limit
    this.limit = Math.min(this.#settings.min, this.#max)
  }

  #endProbe(nowMs: number): void {
    this.#idealMs = this.#median()
    this.#isProbing = false
    this.limit = this.#limitBefore
    this.#since = nowMs
    this.#nextProbe = nowMs + this.#settings.intervalMs
  }

  #adjust(): void {
    const { tolerance, min } = this.#settings
    const ratio = (tolerance * this.#idealMs) / Math.max(this.#median(), Number.EPSILON)
    const gradient = Math.max(MIN_GRADIENT, Math.min(MAX_GRADIENT, ratio))
    const { limit } = this
    const next = Math.floor(limit * gradient + Math.sqrt(limit))
    this.limit = Math.max(Math.min(min, this.#max), Math.min(this.#max, next))
  }

  /** Of the calls looked at, which are then forgotten. */
  #median(): number {
    const sorted = this.#took.subarray(0, this.#count).sort()
    this.#count = 0
    return sorted[sorted.length >> 1] ?? 0
  }
}
