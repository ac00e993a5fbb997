import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'

/** How often a session with calls is looked at. */
const TICK_MS = 500
/** For how many ticks a session may leave SETTINGS unsent: where nothing else waits to be sent, and where data does. */
const DEAF_TICKS = 2
const DEAF_TICKS_WHILE_WRITING = 10
/** How long a peer that lets calls expire in silence may take to acknowledge SETTINGS; gRPC's keepalive time-out. */
const SILENCE_MS = 20_000
/** How long a peer may take to close its side of a connection once we have closed ours. */
const LINGER_MS = 1000

/**
 * Follows one HTTP/2 session for what grpc-js and Node do not tell.
 *
 * GOAWAY's last stream id says which calls were never processed. And Node has a gap: when the peer breaks HTTP/2, Node
 * answers GOAWAY but leaves the session open, deaf and dumb, until the peer closes; calls on it would hang. Such a
 * session reads bytes, tells of nothing, and sends nothing any more. So a session that reads bytes in vain is given
 * SETTINGS to send (servers count PINGs as abuse, SETTINGS not), and destroyed when it has written nothing after a while.
 * (The length of its queue does not tell: calls above the peer's limit wait in it too.)
 *
 * A session that is over does not wait for the peer to close the connection too.
 */
export class SessionWatch {
  private readonly session: ClientHttp2Session
  private readonly streams = new Set<ClientHttp2Stream>()
  /** Those that ask how the endpoint is, and are no reason to keep the process alive; undefined: never was one. */
  private background: Set<ClientHttp2Stream> | undefined
  /** The last stream id the server says it may have processed (GOAWAY); Infinity: none sent. */
  private lastProcessedId = Infinity
  private isBroken = false
  private timer: NodeJS.Timeout | undefined
  private silenceTimer: NodeJS.Timeout | undefined
  /** Events of streams so far, and as they were with the last tick. */
  private events = 0
  private lastEvents = 0
  private lastBytesRead = 0
  /** Ticks since SETTINGS were given to a session under suspicion; undefined: it is not. */
  private probeTicks: number | undefined
  /** What it had written by then. */
  private bytesBeforeProbe = 0

  private constructor(session: ClientHttp2Session) {
    this.session = session
    this.lastBytesRead = session.socket.bytesRead
    session.on('goaway', (_code: number, lastStreamId: number) => {
      this.lastProcessedId = Math.min(this.lastProcessedId, lastStreamId)
    })
    session.on('error', (error: NodeJS.ErrnoException) => this.noteError(error))
    // Node waits for the peer's end for ever: a deaf one, or one with ill intent, would keep a socket of ours each time.
    session.socket.once('finish', function (this: Socket) {
      const timer = setTimeout(() => this.destroy(), LINGER_MS)
      timer.unref()
      this.once('close', () => clearTimeout(timer))
    })
    session.once('close', () => {
      clearInterval(this.timer)
      clearTimeout(this.silenceTimer)
    })
  }

  /** The watch of a stream's session, which begins with its first stream; undefined where the session is gone already. */
  static of(stream: ClientHttp2Stream): SessionWatch | undefined {
    const session = stream.session as ClientHttp2Session | undefined
    if (session === undefined || session.destroyed) return undefined
    let watch = watches.get(session)
    if (watch === undefined) {
      watch = new SessionWatch(session)
      watches.set(session, watch)
    }
    return watch
  }

  get isDestroyed(): boolean {
    return this.session.destroyed
  }

  /** True when the connection ended because the peer does not speak HTTP/2 correctly. */
  get hasBrokenProtocol(): boolean {
    return this.isBroken
  }

  /** Events of streams so far: a call that ends in vain compares. */
  get eventCount(): number {
    return this.events
  }

  /** True when the server has said that it will never process this stream (RFC 9113 §6.8). */
  isAboveGoaway(streamId: number | undefined): boolean {
    return streamId !== undefined && streamId > this.lastProcessedId
  }

  addStream(stream: ClientHttp2Stream, isBackground: boolean): void {
    this.streams.add(stream)
    if (isBackground) (this.background ??= new Set()).add(stream)
    this.holdProcess()
    if (this.timer !== undefined || this.session.destroyed) return
    this.timer = setInterval(() => this.tick(), TICK_MS)
    this.timer.unref()
  }

  removeStream(stream: ClientHttp2Stream): void {
    this.streams.delete(stream)
    this.background?.delete(stream)
    this.holdProcess()
  }

  /** grpc-js has Node wait for a session with calls; with background calls alone it shall not. */
  private holdProcess(): void {
    if (this.background === undefined || this.session.destroyed) return
    if (this.streams.size > this.background.size) this.session.ref()
    else this.session.unref()
  }

  /** Something came that made sense. */
  noteEvent(): void {
    this.events += 1
  }

  /** An error of the session or of a stream of it. */
  noteError(error: NodeJS.ErrnoException): void {
    // nghttp2 found a frame that may not be; a GOAWAY with an error code is ERR_HTTP2_SESSION_ERROR.
    if (error.code === 'ERR_HTTP2_ERROR') this.isBroken = true
  }

  /** A call has waited until its deadline, and nothing has come on the connection meanwhile. */
  suspectSilence(): void {
    if (this.silenceTimer !== undefined || this.session.destroyed) return
    this.silenceTimer = setTimeout(() => this.session.destroy(), SILENCE_MS)
    this.silenceTimer.unref()
    this.probe()
  }

  private tick(): void {
    if (this.session.destroyed) return
    const { bytesRead } = this.session.socket
    const isInVain = bytesRead > this.lastBytesRead && this.events === this.lastEvents
    this.lastBytesRead = bytesRead
    this.lastEvents = this.events
    if (this.probeTicks !== undefined) {
      this.judge(this.probeTicks + 1)
    } else if (isInVain) {
      this.probe()
    } else if (this.streams.size === 0) {
      clearInterval(this.timer)
      this.timer = undefined
    }
  }

  private probe(): void {
    if (this.probeTicks === undefined) {
      this.probeTicks = 0
      this.bytesBeforeProbe = this.session.socket.bytesWritten
    }
    this.session.settings({}, () => {
      clearTimeout(this.silenceTimer)
      this.silenceTimer = undefined
    })
  }

  /** A healthy session has sent its SETTINGS by now, unless the connection itself takes nothing more. */
  private judge(ticks: number): void {
    this.probeTicks = ticks
    if (this.session.socket.bytesWritten > this.bytesBeforeProbe) {
      this.probeTicks = undefined
      return
    }
    if (ticks < (this.isWriting() ? DEAF_TICKS_WHILE_WRITING : DEAF_TICKS)) return
    this.isBroken = true
    this.session.destroy()
  }

  private isWriting(): boolean {
    for (const stream of this.streams) if (stream.writableLength > 0) return true
    return false
  }
}

const watches = new WeakMap<ClientHttp2Session, SessionWatch>()
