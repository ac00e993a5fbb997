const INITIAL_MS = 1000
const MULTIPLIER = 1.6
const MAX_MS = 120_000
const JITTER = 0.2

/** Delays between connection attempts: grpc/grpc doc/connection-backoff.md (1 s, ×1.6, at most 120 s, ±20 %). */
export class Backoff {
  private nextMs = INITIAL_MS
  private readonly random: () => number

  /** @param random as Math.random */
  constructor(random: () => number) {
    this.random = random
  }

  /** The delay before the next attempt, in ms. */
  next(): number {
    const base = this.nextMs
    this.nextMs = Math.min(base * MULTIPLIER, MAX_MS)
    return base * (1 - JITTER + 2 * JITTER * this.random())
  }

  reset(): void {
    this.nextMs = INITIAL_MS
  }
}
