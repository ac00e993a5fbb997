import { Code, codeName } from '../../status/index.js'
import type { Timer } from '../resolvers/types.js'
import { Backoff } from '../transports/backoff.js'
import type { Call, CallOptions, CallStatus, Connection, ConnectivityState } from '../types.js'
import { decodeHealthResponse, encodeHealthRequest, SERVING, servingStatusName } from './messages.js'
import type { HealthOptions, HealthVerdict } from './types.js'

const WATCH = '/grpc.health.v1.Health/Watch'
const CHECK = '/grpc.health.v1.Health/Check'

export interface HealthDependencies {
  /** Milliseconds, as Date.now(). */
  now(): number
  setTimer(delayMs: number, run: () => void): Timer
  random(): number
  /** The verdict, or the reason for it, has changed. */
  onVerdict(): void
  /** The server has no health service. */
  onUnsupported(): void
}

/**
 * Asks one endpoint how it is, for as long as it is connected: gRPC's client-side health checking (gRFC A17). A stream
 * of `Watch` tells each change; where the server has no Watch, `Check` asks every interval; where it has neither it
 * counts as healthy. A stream that breaks is opened again with backoff. Beyond A17, a server that is watched is asked by
 * `Check` every interval as well, and only whether it answers counts: a process that hangs tells no change.
 */
export class HealthCheck {
  verdict: HealthVerdict = 'pending'
  /** Why it is unhealthy, for a person. */
  error: string | undefined

  private readonly connection: Connection
  private readonly options: HealthOptions
  private readonly dependencies: HealthDependencies
  private readonly request: Uint8Array
  private readonly backoff: Backoff
  private isConnected = false
  private isStopped = false
  private call: Call | undefined
  /** A Check beside the Watch. */
  private probe: Call | undefined
  private timer: Timer | undefined

  constructor(connection: Connection, options: HealthOptions, dependencies: HealthDependencies) {
    this.connection = connection
    this.options = options
    this.dependencies = dependencies
    this.request = encodeHealthRequest(options.service)
    this.backoff = new Backoff(() => dependencies.random())
  }

  /** Told by the pool before anyone asks for the verdict. */
  onConnectionState(state: ConnectivityState): void {
    if (this.isStopped) return
    const isConnected = state === 'READY'
    if (isConnected === this.isConnected) return
    this.isConnected = isConnected
    this.end()
    // The server behind a new connection may be another one: nothing is known of it.
    this.verdict = 'pending'
    this.error = undefined
    if (!isConnected) return
    this.backoff.reset()
    this.watch()
  }

  /** Ends whatever is under way. */
  stop(): void {
    this.isStopped = true
    this.end()
  }

  private end(): void {
    const { call, probe } = this
    this.call = undefined
    this.probe = undefined
    this.timer?.cancel()
    this.timer = undefined
    call?.cancel()
    probe?.cancel()
  }

  private watch(): void {
    const startedMs = this.dependencies.now()
    /** The last message; undefined: none came yet. */
    let told: Uint8Array | undefined
    const isCurrent = (): boolean => this.call === stream
    const stream = this.connection.stream(
      { path: WATCH, metadata: [], deadlineMs: Infinity, isBackground: true },
      {
        onHeaders: () => undefined,
        onDrain: () => undefined,
        onMessage: (message) => {
          if (!isCurrent()) return
          if (told === undefined) this.probeLater(() => this.judge(told!))
          told = message
          this.backoff.reset()
          this.judge(message)
        },
        onEnd: (status) => {
          if (!isCurrent()) return
          this.end()
          const hasAnswered = told !== undefined
          if (isUnimplemented(status) && !hasAnswered) this.check()
          else this.watchAgain(startedMs, hasAnswered, `the health check ended: ${describe(status)}`)
        },
      },
    )
    this.call = stream
    stream.send(this.request)
    stream.halfClose()
    this.after(this.options.timeoutMs, () => {
      this.end()
      this.watchAgain(startedMs, false, this.timeoutText())
    })
  }

  /**
   * gRFC A17: a stream that ended is opened again with backoff, reset by a message. As with connections the backoff
   * counts from the start of the attempt: a stream that has lasted is opened again at once, and its verdict holds.
   */
  private watchAgain(startedMs: number, hasAnswered: boolean, error: string): void {
    const delayMs = Math.max(0, startedMs + this.backoff.next() - this.dependencies.now())
    if (!hasAnswered || delayMs > 0) this.decide('unhealthy', error)
    this.after(delayMs, () => this.watch())
  }

  /** @param onAnswer called for any answer at all */
  private probeLater(onAnswer: () => void): void {
    this.after(this.options.intervalMs, () => {
      const probe = this.connection.unary(this.checkOptions(), this.request, ({ status }) => {
        if (this.probe !== probe) return
        this.probe = undefined
        if (status.origin === 'peer') onAnswer()
        else if (status.code === Code.DeadlineExceeded) this.decide('unhealthy', this.timeoutText())
        this.probeLater(onAnswer)
      })
      this.probe = probe
    })
  }

  private check(): void {
    const { intervalMs } = this.options
    const call = this.connection.unary(this.checkOptions(), this.request, ({ status, message }) => {
      if (this.call !== call) return
      this.call = undefined
      if (isUnimplemented(status)) {
        this.decide('healthy', undefined)
        return this.dependencies.onUnsupported()
      }
      if (status.code === Code.Ok && message !== undefined) this.judge(message)
      else if (status.code === Code.DeadlineExceeded) this.decide('unhealthy', this.timeoutText())
      // health.proto: NOT_FOUND is Check's SERVICE_UNKNOWN.
      else if (status.code === Code.NotFound) this.decide('unhealthy', 'the health check says SERVICE_UNKNOWN')
      else this.decide('unhealthy', `the health check failed: ${describe(status)}`)
      this.after(intervalMs, () => this.check())
    })
    this.call = call
  }

  private checkOptions(): CallOptions {
    const { now } = this.dependencies
    return { path: CHECK, metadata: [], deadlineMs: now() + this.options.timeoutMs, isBackground: true }
  }

  private judge(message: Uint8Array): void {
    const status = decodeHealthResponse(message)
    if (status === SERVING) this.decide('healthy', undefined)
    else if (status === undefined) this.decide('unhealthy', 'the health check’s answer is no HealthCheckResponse')
    else this.decide('unhealthy', `the health check says ${servingStatusName(status)}`)
  }

  private decide(verdict: HealthVerdict, error: string | undefined): void {
    if (this.verdict === verdict && this.error === error) return
    this.verdict = verdict
    this.error = error
    this.dependencies.onVerdict()
  }

  private after(delayMs: number, run: () => void): void {
    this.timer?.cancel()
    this.timer = this.dependencies.setTimer(delayMs, run)
  }

  private timeoutText(): string {
    return `no answer to the health check within ${this.options.timeoutMs} ms`
  }
}

/** Said by the server: a proxy's 404 or the like is a broken answer, and says nothing of the server. */
function isUnimplemented({ code, origin }: CallStatus): boolean {
  return code === Code.Unimplemented && origin === 'peer'
}

function describe({ code, message }: CallStatus): string {
  return message === '' ? codeName(code) : `${codeName(code)}: ${message}`
}
