import type { Endpoint, Resolver, ResolverListener } from '../types.js'
import type { ResolverDependencies, Timer } from './types.js'

/** Bounds of the time between two questions, ms: a TTL of 0 does not flood the server, a day does not freeze the set. */
const MIN_REFRESH_MS = 1000
const MAX_REFRESH_MS = 30_000

/** A complete set of endpoints. */
export interface Answer {
  readonly endpoints: readonly Endpoint[]
  /** For how long it is good. */
  readonly ttlMs: number
  /** What of it an operator should know, though it is to be used. */
  readonly trouble: string | undefined
  /** Something failed on the way: asked again as after a failure, where the TTL is longer. */
  readonly isIncomplete: boolean
}

/** Asks for the endpoints: a set, or why there is none to be had. */
export type Question = () => Promise<Answer | string>

/**
 * A resolver that asks again as answers expire (at least a second and at most 30 apart), soon after a connection failed
 * (not within a second of the last question), and after failures with a growing delay. A failure is told, and changes
 * nothing of the set: the last good one stays in use, however long it takes.
 */
export class RefreshingResolver implements Resolver {
  private readonly question: Question
  private readonly listener: ResolverListener
  private readonly dependencies: ResolverDependencies
  private readonly onClose: () => void
  private timer: Timer | undefined
  private timerAt = Infinity
  private lastAskedAt = -Infinity
  private isAsking = false
  private isClosed = false
  private failures = 0
  /** Addresses and weights of the set told last; undefined: none yet, or trouble since. */
  private told: string | undefined

  /** @param onClose ends questions under way */
  constructor(question: Question, listener: ResolverListener, dependencies: ResolverDependencies, onClose: () => void) {
    this.question = question
    this.listener = listener
    this.dependencies = dependencies
    this.onClose = onClose
    void this.ask()
  }

  refresh(): void {
    if (this.isClosed || this.isAsking) return
    const earliest = this.lastAskedAt + MIN_REFRESH_MS
    if (this.timerAt > earliest) this.schedule(Math.max(0, earliest - this.dependencies.now()))
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.onClose()
  }

  private schedule(delayMs: number): void {
    this.timer?.cancel()
    this.timerAt = this.dependencies.now() + delayMs
    this.timer = this.dependencies.setTimer(delayMs, () => void this.ask())
  }

  private async ask(): Promise<void> {
    this.timerAt = Infinity
    this.isAsking = true
    this.lastAskedAt = this.dependencies.now()
    const answer = await this.question()
    this.isAsking = false
    if (this.isClosed) return
    if (typeof answer === 'string') {
      // After a failure even the same set is news: it is good again.
      this.told = undefined
      this.listener.onError(answer)
      this.schedule(this.delayAfterFailure())
      return
    }
    this.tell(answer.endpoints)
    if (answer.trouble !== undefined) this.listener.onError(answer.trouble)
    if (!answer.isIncomplete) this.failures = 0
    const dueMs = Math.max(answer.ttlMs, MIN_REFRESH_MS)
    this.schedule(Math.min(dueMs, answer.isIncomplete ? this.delayAfterFailure() : MAX_REFRESH_MS))
  }

  private delayAfterFailure(): number {
    const delayMs = Math.min(MIN_REFRESH_MS * 2 ** this.failures, MAX_REFRESH_MS)
    this.failures += 1
    return delayMs
  }

  private tell(endpoints: readonly Endpoint[]): void {
    // Servers rotate the order: the same set is no news.
    const set = endpoints
      .map(({ address, weight }) => `${address} ${weight}`)
      .sort()
      .join()
    if (set === this.told) return this.listener.onConfirmed?.()
    this.told = set
    this.listener.onEndpoints(endpoints)
  }
}
