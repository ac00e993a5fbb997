import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'

/** How often a session with calls is looked at. */
const TICK_MS = 500
/** How long a peer that has just sent something may take to acknowledge SETTINGS. */
const PROBE_MS = 1000
/** How long one may take that a call has waited for in vain. */
const SILENT_PROBE_MS = 5000

/**
 * Follows one HTTP/2 session for what grpc-js and Node do not tell.
 *
 * GOAWAY's last stream id says which calls were never processed. And Node has a gap: when the peer breaks HTTP/2, Node
 * answers GOAWAY but leaves the session open, deaf and dumb, until the peer closes; calls on it would hang. Such a
 * session reads bytes and tells of nothing; it is asked to acknowledge SETTINGS (servers count PINGs as abuse, SETTINGS
 * not), and destroyed when it does not.
 */
export class SessionWatch {
  private readonly session: ClientHttp2Session
  /** The last stream id the server says it may have processed (GOAWAY); Infinity: none sent. */
  private lastProcessedId = Infinity
  private isBroken = false
  private isProbing = false
  private timer: NodeJS.Timeout | undefined
  private streams = 0
  /** Events of streams so far, and as they were with the last tick. */
  private events = 0
  private lastEvents = 0
  private lastBytesRead = 0

  private constructor(session: ClientHttp2Session) {
    this.session = session
    session.on('goaway', (_code: number, lastStreamId: number) => {
      this.lastProcessedId = Math.min(this.lastProcessedId, lastStreamId)
    })
    session.on('error', (error: NodeJS.ErrnoException) => this.noteError(error))
    session.once('close', () => clearInterval(this.timer))
  }

  /** The watch of a stream's session, which begins with the first stream; undefined where the session is gone already. */
  static of(stream: ClientHttp2Stream): SessionWatch | undefined {
    const session = stream.session as ClientHttp2Session | undefined
    if (session === undefined) return undefined
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

  addStream(): void {
    this.streams += 1
    if (this.timer !== undefined || this.session.destroyed) return
    this.lastEvents = this.events
    this.lastBytesRead = this.session.socket.bytesRead
    this.timer = setInterval(() => this.tick(), TICK_MS)
    this.timer.unref()
  }

  removeStream(): void {
    this.streams -= 1
  }

  /** An error of the session or of a stream of it. */
  noteError(error: NodeJS.ErrnoException): void {
    // nghttp2 found a frame that may not be; a GOAWAY with an error code is ERR_HTTP2_SESSION_ERROR.
    if (error.code === 'ERR_HTTP2_ERROR') this.isBroken = true
  }

  /** Something came that made sense. */
  noteEvent(): void {
    this.events += 1
  }

  /** A call has waited until its deadline, and nothing has come on the connection meanwhile. */
  suspectSilence(): void {
    this.probe(SILENT_PROBE_MS)
  }

  private tick(): void {
    if (this.session.destroyed || this.streams === 0) {
      clearInterval(this.timer)
      this.timer = undefined
      return
    }
    const { bytesRead } = this.session.socket
    if (bytesRead > this.lastBytesRead && this.events === this.lastEvents) this.probe(PROBE_MS)
    this.lastBytesRead = bytesRead
    this.lastEvents = this.events
  }

  private probe(patienceMs: number): void {
    if (this.isProbing || this.session.destroyed || this.session.connecting) return
    this.isProbing = true
    const timer = setTimeout(() => {
      if (this.session.destroyed) return
      this.isBroken = patienceMs === PROBE_MS
      this.session.destroy()
    }, patienceMs)
    timer.unref()
    this.session.settings({}, () => {
      clearTimeout(timer)
      this.isProbing = false
    })
  }
}

const watches = new WeakMap<ClientHttp2Session, SessionWatch>()
