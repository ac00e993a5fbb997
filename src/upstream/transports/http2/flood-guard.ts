import { ConnectionError, ErrorCode } from './frames.js'

/** How many frames may come that bring no call forward, before others have earned more. */
const CAPACITY = 2000
/** What a connection earns by itself. */
const PER_SECOND = 100

/**
 * Bounds what a peer may make us do for nothing: PINGs and SETTINGS to acknowledge, empty DATA, window updates, frames on
 * streams that have ended. Each costs one; calls and what is sent for them earn more, so an honest peer's never run out.
 */
export class FloodGuard {
  private budget = CAPACITY
  private refilledMs: number
  private readonly now: () => number

  /** @param now milliseconds, as Date.now() */
  constructor(now: () => number) {
    this.now = now
    this.refilledMs = now()
  }

  earn(frames: number): void {
    this.budget = Math.min(CAPACITY, this.budget + frames)
  }

  /** @throws ConnectionError(ENHANCE_YOUR_CALM) */
  spend(): void {
    this.budget -= 1
    if (this.budget >= 0) return
    const now = this.now()
    const earned = Math.floor(((now - this.refilledMs) * PER_SECOND) / 1000)
    this.refilledMs = now
    this.earn(Math.max(0, earned))
    if (this.budget < 0) throw new ConnectionError(ErrorCode.EnhanceYourCalm, 'a flood of frames that carry nothing')
  }
}
