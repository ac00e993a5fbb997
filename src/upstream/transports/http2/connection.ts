import type { Socket } from 'node:net'
import { Code } from '../../../status/index.js'
import { localStatus } from '../../protocol/call-status.js'
import { UnaryCollector } from '../../protocol/unary-collector.js'
import type {
  Call,
  CallOptions,
  CallStatus,
  Connection,
  ConnectionOptions,
  ConnectivityState,
  Endpoint,
  StreamCall,
  StreamHandler,
  UnaryResult,
} from '../../types.js'
import { authorityOf, hostOf } from '../authority.js'
import { Backoff } from '../backoff.js'
import { deadlineStatus, Http2Call, type CallOwner } from './call.js'
import type { DeadlineWheel } from './deadline-wheel.js'
import { ErrorCode } from './frames.js'
import { openSocket } from './open-socket.js'
import { RequestBlocks } from './request-block.js'
import { Http2Session, type SessionOwner } from './session.js'

/** Where a server limits the calls of a connection, how many connections are made, and calls kept waiting beyond. */
const MAX_SESSIONS = 16
const MAX_WAITING = 16_384
/** Connections beyond the first are let go of sooner. */
const MAX_EXTRA_IDLE_MS = 30_000
const MAX_TIMER_MS = 2 ** 31 - 1

/** A connection attempt: its socket, and what it has become. */
interface Attempt {
  readonly startedMs: number
  socket: Socket | undefined
  session: Http2Session | undefined
  timer: NodeJS.Timeout | undefined
  /** Why it was given up, where we did that. */
  reason: string | undefined
}

/** A connection to one endpoint: an HTTP/2 connection made when needed, and more where the server's limit asks for them. */
export class Http2Connection implements Connection, SessionOwner, CallOwner {
  state: ConnectivityState = 'IDLE'
  lastError: string | undefined
  readonly endpoint: Endpoint
  readonly wheel: DeadlineWheel

  private readonly options: ConnectionOptions
  private readonly blocks: RequestBlocks
  private readonly serverName: string
  private readonly backoff = new Backoff(Math.random)
  private readonly listeners: ((state: ConnectivityState) => void)[] = []
  /** Those that take calls (one, as a rule), and those that only end theirs. */
  private sessions: Http2Session[] = []
  private readonly retired = new Set<Http2Session>()
  private readonly idleTimers = new Map<Http2Session, NodeJS.Timeout>()
  private attempt: Attempt | undefined
  private backoffTimer: NodeJS.Timeout | undefined
  private readonly waiting = new Set<Http2Call>()
  private readonly lingering = new Set<Http2Call>()
  private active = 0
  private keepaliveFactor = 1
  private isDraining = false
  private isClosed = false

  constructor(endpoint: Endpoint, options: ConnectionOptions, wheel: DeadlineWheel) {
    this.endpoint = endpoint
    this.options = options
    this.wheel = wheel
    const authority = options.authority ?? authorityOf(endpoint)
    this.serverName = options.tls?.serverName ?? hostOf(authority)
    this.blocks = new RequestBlocks({ isSecure: options.tls !== undefined, authority, userAgent: options.userAgent })
  }

  unary(options: CallOptions, message: Uint8Array, onEnd: (result: UnaryResult) => void): Call {
    const collector = new UnaryCollector(onEnd)
    const call = new Http2Call(options, collector, this.options.maxResponseBytes, this)
    collector.call = call
    call.send(message)
    call.halfClose()
    this.start(call)
    return call
  }

  stream(options: CallOptions, handler: StreamHandler): StreamCall {
    const call = new Http2Call(options, handler, this.options.maxResponseBytes, this)
    this.start(call)
    return call
  }

  connect(): void {
    if (this.state === 'IDLE' && !this.isDraining) this.beginAttempt()
  }

  onStateChange(listener: (state: ConnectivityState) => void): void {
    this.listeners.push(listener)
  }

  drain(): void {
    this.isDraining = true
    if (this.active === 0) this.shutDown(CLOSED)
  }

  close(): void {
    this.isDraining = true
    for (const call of [...this.waiting, ...this.lingering]) call.refuse(CLOSED)
    this.shutDown(CLOSED)
  }

  onReady(session: Http2Session): void {
    clearTimeout(this.attempt?.timer)
    this.attempt = undefined
    this.lastError = undefined
    this.backoff.reset()
    this.sessions.push(session)
    this.setState('READY')
    this.watchIdle(session, this.idleTimeoutOf(session))
    this.dispatch()
  }

  onRetired(session: Http2Session): void {
    const isCurrent = this.sessions.includes(session)
    if (!isCurrent) return
    this.sessions = this.sessions.filter((other) => other !== session)
    this.retired.add(session)
    if (this.sessions.length > 0) return
    if (this.attempt !== undefined) this.setState('CONNECTING')
    else if (this.backoffTimer !== undefined) this.failFast()
    else this.setState('IDLE')
  }

  onRoom(): void {
    if (this.waiting.size > 0) this.dispatch()
  }

  onClosed(session: Http2Session, reason: string): void {
    this.retired.delete(session)
    // A timer keeps the session it waits for, and its buffers, until it fires: half an hour, where none is configured.
    clearTimeout(this.idleTimers.get(session))
    this.idleTimers.delete(session)
    const { attempt } = this
    if (attempt?.session === session) this.onAttemptFailed(attempt, reason)
    else if (this.waiting.size > 0) this.dispatch()
  }

  onTooManyPings(): void {
    this.keepaliveFactor *= 2
    const seconds = ((this.options.keepalive?.timeMs ?? 0) * this.keepaliveFactor) / 1000
    this.lastError = `the server counts keepalive pings as abuse (too_many_pings): sent after ${seconds} s from now on`
  }

  onLingering(call: Http2Call): void {
    this.lingering.add(call)
  }

  onDone(call: Http2Call): void {
    this.active -= 1
    if (call.id === 0) this.waiting.delete(call)
    else if (this.lingering.size > 0) this.lingering.delete(call)
    if (this.isDraining && this.active === 0) process.nextTick(() => this.shutDown(CLOSED))
  }

  private start(call: Http2Call): void {
    this.active += 1
    const now = Date.now()
    const refusal = this.refusalOf(call, now)
    if (refusal !== undefined) return call.refuse(refusal)
    if (call.deadlineMs !== Infinity) this.wheel.add(call)
    // Those that wait go first.
    const session = this.waiting.size === 0 ? this.pick() : undefined
    if (session !== undefined) return session.open(call, now)
    this.waiting.add(call)
    this.wantSession()
  }

  /** Why a call cannot be made; undefined: it can. */
  private refusalOf(call: Http2Call, now: number): CallStatus | undefined {
    if (this.isDraining) return localStatus(Code.Unavailable, 'the connection to the upstream is closing', true)
    if (call.deadlineMs <= now) return deadlineStatus(true)
    // While connecting, calls wait.
    if (this.state === 'TRANSIENT_FAILURE') return localStatus(Code.Unavailable, NO_CONNECTION, true)
    if (this.waiting.size >= MAX_WAITING) {
      return localStatus(Code.Unavailable, 'too many calls wait for a connection to the upstream', true)
    }
    return undefined
  }

  private pick(): Http2Session | undefined {
    for (const session of this.sessions) if (session.hasRoom) return session
    return undefined
  }

  /** Sends calls that wait, as far as there is room. */
  private dispatch(): void {
    const now = Date.now()
    for (const call of this.waiting) {
      const session = this.pick()
      if (session === undefined) return this.wantSession()
      this.waiting.delete(call)
      session.open(call, now)
    }
  }

  private wantSession(): void {
    if (this.attempt !== undefined || this.backoffTimer !== undefined || this.isClosed) return
    // One that only writes slowly is not helped by another.
    if (this.sessions.length < MAX_SESSIONS && this.sessions.every(({ isFull }) => isFull)) this.beginAttempt()
  }

  private beginAttempt(): void {
    const attempt: Attempt = {
      startedMs: Date.now(),
      socket: undefined,
      session: undefined,
      timer: undefined,
      reason: undefined,
    }
    this.attempt = attempt
    // After a failure the connection is down until it is up: attempts in between change nothing for callers.
    if (this.state === 'IDLE') this.setState('CONNECTING')
    attempt.timer = setTimeout(
      () => this.giveUp(attempt, `no connection within ${this.options.connectTimeoutMs} ms`),
      Math.min(this.options.connectTimeoutMs, MAX_TIMER_MS),
    )
    attempt.timer.unref()
    try {
      attempt.socket = this.openSocket(attempt)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      process.nextTick(() => this.onAttemptFailed(attempt, reason))
    }
  }

  private openSocket(attempt: Attempt): Socket {
    const { keepalive, tls } = this.options
    return openSocket(this.endpoint, tls, this.serverName, {
      onConnect: (socket) => {
        if (this.attempt !== attempt) return void socket.destroy()
        attempt.session = new Http2Session(socket, this, {
          blocks: this.blocks,
          keepalive:
            keepalive === undefined ? undefined : { ...keepalive, timeMs: keepalive.timeMs * this.keepaliveFactor },
        })
      },
      onRead: (bytes, length) => attempt.session?.read(bytes, length),
      onClose: (reason) => {
        if (attempt.session === undefined) this.onAttemptFailed(attempt, reason)
        else attempt.session.lose(attempt.reason ?? reason)
      },
    })
  }

  private giveUp(attempt: Attempt, reason: string): void {
    if (this.attempt !== attempt) return
    attempt.reason = reason
    attempt.socket?.destroy()
    this.onAttemptFailed(attempt, reason)
  }

  private onAttemptFailed(attempt: Attempt, reason: string): void {
    if (this.attempt !== attempt) return
    clearTimeout(attempt.timer)
    this.attempt = undefined
    if (this.isClosed) return
    this.lastError = attempt.reason ?? reason
    const delayMs = Math.max(0, this.backoff.next() - (Date.now() - attempt.startedMs))
    this.backoffTimer = setTimeout(() => this.onBackoffEnd(), delayMs)
    this.backoffTimer.unref()
    if (this.sessions.length === 0) this.failFast()
  }

  /** Down until the next attempt succeeds: gRPC's wait-for-ready is off, so calls fail at once. */
  private failFast(): void {
    this.setState('TRANSIENT_FAILURE')
    for (const call of [...this.waiting]) call.refuse(localStatus(Code.Unavailable, NO_CONNECTION, true))
  }

  private onBackoffEnd(): void {
    this.backoffTimer = undefined
    if (this.sessions.length === 0 || this.waiting.size > 0) this.wantSession()
  }

  private idleTimeoutOf(session: Http2Session): number {
    const { idleTimeoutMs } = this.options
    return session === this.sessions[0] ? idleTimeoutMs : Math.min(idleTimeoutMs, MAX_EXTRA_IDLE_MS)
  }

  /** Looks now and then whether a session has had no call for long: setting a timer a call would cost more. */
  private watchIdle(session: Http2Session, delayMs: number): void {
    const timer = setTimeout(
      () => {
        if (!this.sessions.includes(session)) return
        const limitMs = this.idleTimeoutOf(session)
        const idleMs = session.openStreams > 0 ? 0 : Date.now() - session.idleSinceMs
        if (idleMs >= limitMs) session.endGently()
        else this.watchIdle(session, limitMs - idleMs)
      },
      Math.min(delayMs, MAX_TIMER_MS),
    )
    timer.unref()
    this.idleTimers.set(session, timer)
  }

  /** @param status of the calls under way */
  private shutDown(status: CallStatus): void {
    if (this.isClosed) return
    this.isClosed = true
    clearTimeout(this.backoffTimer)
    const { attempt } = this
    this.attempt = undefined
    clearTimeout(attempt?.timer)
    this.setState('SHUTDOWN')
    attempt?.socket?.destroy()
    for (const session of [...this.sessions, ...this.retired]) {
      session.close(ErrorCode.NoError, 'closed', status)
    }
  }

  private setState(state: ConnectivityState): void {
    if (this.state === state || this.state === 'SHUTDOWN') return
    this.state = state
    for (const listener of this.listeners) listener(state)
  }
}

const CLOSED = localStatus(Code.Unavailable, 'the connection to the upstream was closed', false)
const NO_CONNECTION = 'no connection to the upstream'
