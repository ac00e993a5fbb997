/** What liveness asks of its session. */
export interface Living {
  /** Frames read whole so far. */
  readonly framesRead: number
  /** When bytes were last read, ms as Date.now(). */
  readonly lastReadMs: number
  /** Calls under way. */
  readonly openStreams: number
  sendPing(): void
  /** Sends what has to be acknowledged. */
  sendProbe(): void
  onDead(reason: string): void
}

/** How long a peer that lets calls expire in silence may take to acknowledge anything; gRPC's keepalive time-out. */
const SILENCE_MS = 20_000
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Finds out that a peer is gone. Keepalive, where configured, is gRPC proposal A8: a PING after a time without a byte
 * read, only while there are calls, and the end when none is read for the time-out. And, configured or not: where a call
 * expires and not a frame has come since it began, the peer is given empty SETTINGS, which it has to acknowledge. (Servers
 * count PINGs as abuse, SETTINGS not; and calls that expire are no proof that the connection does not work.)
 */
export class Liveness {
  private readonly living: Living
  private readonly keepalive: { readonly timeMs: number; readonly timeoutMs: number } | undefined
  private idleTimer: NodeJS.Timeout | undefined
  private pingTimer: NodeJS.Timeout | undefined
  private silenceTimer: NodeJS.Timeout | undefined

  constructor(living: Living, keepalive: { readonly timeMs: number; readonly timeoutMs: number } | undefined) {
    this.living = living
    this.keepalive = keepalive
  }

  start(): void {
    if (this.keepalive !== undefined) this.watch(this.keepalive.timeMs)
  }

  stop(): void {
    clearTimeout(this.idleTimer)
    clearTimeout(this.pingTimer)
    clearTimeout(this.silenceTimer)
  }

  /** A8: where a stream opens after the time of silence, PING goes before its HEADERS. @param now as Date.now() */
  beforeStream(now: number): void {
    if (this.keepalive === undefined || this.pingTimer !== undefined) return
    if (now - this.living.lastReadMs >= this.keepalive.timeMs) this.ping(this.keepalive)
  }

  /** A call has expired. @param framesAtStart what had been read when it began */
  onExpired(framesAtStart: number): void {
    const { living } = this
    if (this.silenceTimer !== undefined || living.framesRead !== framesAtStart) return
    this.silenceTimer = setTimeout(() => {
      this.silenceTimer = undefined
      if (living.framesRead === framesAtStart) living.onDead('the upstream acknowledges nothing')
    }, SILENCE_MS)
    this.silenceTimer.unref()
    living.sendProbe()
  }

  private watch(delayMs: number): void {
    this.idleTimer = setTimeout(() => this.look(), Math.min(delayMs, MAX_TIMER_MS))
    this.idleTimer.unref()
  }

  private look(): void {
    const { keepalive, living } = this
    if (keepalive === undefined) return
    const silentMs = Date.now() - living.lastReadMs
    if (living.openStreams > 0 && this.pingTimer === undefined && silentMs >= keepalive.timeMs) this.ping(keepalive)
    this.watch(silentMs < keepalive.timeMs ? Math.max(1, keepalive.timeMs - silentMs) : keepalive.timeMs)
  }

  private ping(keepalive: { readonly timeoutMs: number }): void {
    const { living } = this
    // Any frame is a sign of life.
    const framesBefore = living.framesRead
    living.sendPing()
    this.pingTimer = setTimeout(
      () => {
        this.pingTimer = undefined
        if (living.framesRead === framesBefore) living.onDead('keepalive: no answer to a PING')
      },
      Math.min(keepalive.timeoutMs, MAX_TIMER_MS),
    )
    this.pingTimer.unref()
  }
}
