import { Code } from '../status/index.js'
import { NO_METADATA, refusedStatus } from './protocol/call-status.js'
import { GradientLimit } from './resilience/gradient-limit.js'
import { RetryBudget } from './resilience/retry-budget.js'
import type { BreakerLimits } from './resilience/breaker.js'
import type { UnaryEnd } from './resilience/types.js'
import { StreamAttempts, UnaryAttempts, type Attempts, type AttemptSource } from './attempts.js'
import { balancers, type Balancer, type BalancerName } from './balancers/index.js'
import { EndpointSet, type Subset } from './endpoint-set.js'
import type { HealthOptions } from './health/index.js'
import type { OutlierOptions } from './outlier/index.js'
import { EndpointPool } from './pool.js'
import type { PooledEndpoint } from './pooled-endpoint.js'
import { resolverOf, systemDependencies, type ResolverDependencies } from './resolvers/index.js'
import type { Timer } from './resolvers/types.js'
import type {
  Call,
  CallOptions,
  CallStatus,
  ConnectionOptions,
  Endpoint,
  EndpointView,
  Resolver,
  ResolverOptions,
  StreamCall,
  StreamHandler,
  Transport,
  Upstream,
} from './types.js'

export interface UpstreamOptions {
  readonly name: string
  /** A target that validateTarget accepts. */
  readonly target: string
  readonly connection: ConnectionOptions
  /** Connects to endpoints as soon as they are known, not with the first call. */
  readonly eager: boolean
  readonly transport: Transport
  /** Default: no token, and the contract's `emptyGrace`. */
  readonly resolver?: ResolverOptions
  /** Default: round_robin. */
  readonly balancer?: BalancerName
  /** Default: an endpoint has its share of the calls at once. */
  readonly slowStartMs?: number | undefined
  /** Default: endpoints are not asked how they are. */
  readonly health?: HealthOptions | undefined
  /** Default: no endpoint is ejected. */
  readonly outlier?: OutlierOptions | undefined
  /** Default: as many calls as come. */
  readonly breaker?: BreakerLimits | undefined
  /** By name; calls may be for one of them. Default: none. */
  readonly subsets?: Readonly<Record<string, Subset>> | undefined
}

/** What an upstream needs of the world: the clock, timers, DNS, chance, and somebody to tell. */
export interface UpstreamDependencies extends ResolverDependencies {
  readonly random: () => number
  /** An endpoint was ejected, became unhealthy, is back: a sentence for the log. */
  readonly onNote: (note: string) => void
}

/**
 * Makes an upstream and starts finding its endpoints.
 * @throws where the target is one that validateTarget refuses
 */
export function createUpstream(options: UpstreamOptions, dependencies?: Partial<UpstreamDependencies>): Upstream {
  const system = { ...systemDependencies, random: Math.random, onNote: () => undefined }
  return new ResolvedUpstream(options, { ...system, ...dependencies })
}

/** A call that waits for the first endpoints, and until when. */
interface Waiting {
  readonly call: Attempts
  readonly timer: Timer
}

class ResolvedUpstream implements Upstream, AttemptSource {
  readonly name: string
  readonly target: string
  hasHadEndpoints = false
  isResolving = true
  resolutionError: string | undefined
  resolvedAt: string | undefined
  readonly retryBudget: RetryBudget

  private readonly options: UpstreamOptions
  private readonly dependencies: UpstreamDependencies
  private readonly source: string
  private readonly endpointSet: EndpointSet
  private readonly subsets = new Map<string, EndpointSet>()
  private readonly pool: EndpointPool
  private readonly resolver: Resolver
  private readonly waiting = new Map<Attempts, Waiting>()
  private readonly maxConcurrent: number
  private readonly maxPending: number
  private readonly adaptive: GradientLimit | undefined
  private active = 0
  private state: 'open' | 'draining' | 'closed' = 'open'
  private drained: (() => void)[] = []

  constructor(options: UpstreamOptions, dependencies: UpstreamDependencies) {
    this.options = options
    this.dependencies = dependencies
    this.name = options.name
    this.target = options.target
    this.maxConcurrent = options.breaker?.maxConcurrent ?? Infinity
    this.maxPending = options.breaker?.maxPending ?? Infinity
    const adaptive = options.breaker?.adaptive
    this.adaptive =
      adaptive === undefined ? undefined : new GradientLimit(adaptive, this.maxConcurrent, performance.now())
    this.retryBudget = new RetryBudget(options.breaker?.maxRetries)
    const { scheme, rest, factory, authority } = resolverOf(options.target, dependencies)
    this.source = scheme
    this.endpointSet = new EndpointSet(this.createBalancer(), undefined)
    for (const [name, subset] of Object.entries(options.subsets ?? {})) {
      this.subsets.set(name, new EndpointSet(this.createBalancer(), subset))
    }
    this.pool = new EndpointPool({
      transport: options.transport,
      connection: { ...options.connection, authority: options.connection.authority ?? authority },
      isEager: options.eager,
      health: options.health,
      outlier: options.outlier,
      now: dependencies.now,
      setTimer: dependencies.setTimer,
      random: dependencies.random,
      onNote: dependencies.onNote,
      onChange: () => {
        this.endpointSet.refresh()
        for (const set of this.subsets.values()) set.refresh()
        if (this.waiting.size > 0 && !this.isResolving) this.wake()
      },
      onFailure: () => {
        if (this.state !== 'closed') this.resolver.refresh()
      },
    })
    this.resolver = factory.create(
      rest,
      {
        onEndpoints: (endpoints) => this.onEndpoints(endpoints),
        onConfirmed: () => this.onConfirmed(),
        onError: (message) => {
          this.resolutionError = message
          this.onResolved()
        },
      },
      options.resolver ?? { token: undefined, emptyGraceMs: 60_000 },
    )
  }

  unary(options: CallOptions, message: Uint8Array, onEnd: UnaryEnd): Call {
    if (this.isFull()) {
      process.nextTick(
        onEnd,
        { status: FULL, headers: NO_METADATA, trailers: NO_METADATA, message: undefined },
        undefined,
      )
      return REFUSED
    }
    const call = new UnaryAttempts(this, options, message, this.adaptive === undefined ? onEnd : this.timed(onEnd))
    this.begin(call)
    return call
  }

  stream(options: CallOptions, handler: StreamHandler): StreamCall {
    if (this.isFull()) {
      process.nextTick(() => handler.onEnd(FULL, NO_METADATA))
      return REFUSED
    }
    const call = new StreamAttempts(this, options, handler)
    this.begin(call)
    return call
  }

  endpoints(): readonly EndpointView[] {
    return this.pool.views(this.source)
  }

  drain(): Promise<void> {
    return new Promise((resolve) => {
      if (this.state === 'closed') return resolve()
      this.state = 'draining'
      this.drained.push(resolve)
      if (this.active === 0) this.close()
    })
  }

  close(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.resolver.close()
    for (const { call } of [...this.waiting.values()]) {
      this.stopWaiting(call)
      call.refuse(Code.Unavailable, SHUT_DOWN)
    }
    this.pool.close()
    for (const resolve of this.drained) resolve()
    this.drained = []
  }

  canServe(subset: string | undefined): boolean {
    return this.isResolving || this.setOf(subset)?.canServe === true
  }

  pick(tried: readonly PooledEndpoint[], { subset, hash }: CallOptions): PooledEndpoint | undefined {
    // Draining upstreams still serve what they have taken; closed ones do not.
    return this.state === 'closed' ? undefined : this.setOf(subset)?.balancer.pick(tried, hash)
  }

  private setOf(subset: string | undefined): EndpointSet | undefined {
    return subset === undefined ? this.endpointSet : this.subsets.get(subset)
  }

  private createBalancer(): Balancer<PooledEndpoint> {
    const { random, now } = this.dependencies
    const { balancer = 'round_robin', slowStartMs = 0 } = this.options
    return balancers[balancer]<PooledEndpoint>({ random, now, slowStartMs })
  }

  known(addresses: readonly string[]): readonly PooledEndpoint[] {
    return this.pool.known(addresses)
  }

  whyNoWaiting(): CallStatus | undefined {
    if (this.maxPending === Infinity) return undefined
    return this.waiting.size + this.pool.callsOnUnconnected() >= this.maxPending ? FULL_QUEUE : undefined
  }

  waitForEndpoints(call: Attempts): void {
    const { now, setTimer } = this.dependencies
    // A connection is up or has failed by then, and its health check has answered.
    const connectTimeoutMs = this.options.connection.connectTimeoutMs + (this.options.health?.timeoutMs ?? 0)
    const remainingMs = call.deadlineMs - now()
    const timer =
      remainingMs <= connectTimeoutMs
        ? setTimer(Math.max(0, remainingMs), () => this.giveUp(call, Code.DeadlineExceeded, DEADLINE))
        : setTimer(connectTimeoutMs, () => this.giveUp(call, Code.Unavailable, UNRESOLVED))
    this.waiting.set(call, { call, timer })
  }

  stopWaiting(call: Attempts): void {
    this.waiting.get(call)?.timer.cancel()
    this.waiting.delete(call)
  }

  release(endpoint: PooledEndpoint, status: CallStatus, isClientDeadline: boolean): void {
    this.pool.release(endpoint, status, isClientDeadline)
  }

  onEnd(): void {
    this.active -= 1
    if (this.active === 0 && this.state === 'draining') this.close()
  }

  private isFull(): boolean {
    const { active, adaptive } = this
    return active >= this.maxConcurrent || (adaptive !== undefined && active >= adaptive.limit)
  }

  /** Tells the adaptive limit how long the call took; one that failed early or was cancelled says nothing of that. */
  private timed(onEnd: UnaryEnd): UnaryEnd {
    const from = performance.now()
    return (result, endpoint) => {
      const { code, origin } = result.status
      const now = performance.now()
      if (origin === 'peer' || code === Code.Ok || code === Code.DeadlineExceeded)
        this.adaptive!.sample(now - from, now)
      onEnd(result, endpoint)
    }
  }

  private begin(call: Attempts): void {
    this.active += 1
    if (this.state === 'open') call.start()
    else call.refuse(Code.Unavailable, SHUT_DOWN)
  }

  private giveUp(call: Attempts, code: typeof Code.Unavailable | typeof Code.DeadlineExceeded, message: string): void {
    this.stopWaiting(call)
    call.refuse(code, message)
  }

  private onEndpoints(endpoints: readonly Endpoint[]): void {
    if (this.state === 'closed') return
    this.onConfirmed()
    if (endpoints.length > 0) this.hasHadEndpoints = true
    const pooled = this.pool.update(endpoints)
    this.endpointSet.update(pooled)
    for (const set of this.subsets.values()) set.update(pooled)
    this.onResolved()
  }

  /** Discovery has told the set that is in use, or the same again. */
  private onConfirmed(): void {
    this.resolutionError = undefined
    this.resolvedAt = new Date(this.dependencies.now()).toISOString()
  }

  /** The resolver has spoken: calls that waited go, or fail for want of an endpoint. */
  private onResolved(): void {
    this.isResolving = false
    this.wake()
  }

  private wake(): void {
    for (const { call } of [...this.waiting.values()]) {
      this.stopWaiting(call)
      call.attempt()
    }
  }
}

/** A call that never began. */
const REFUSED: StreamCall = {
  cancel: () => undefined,
  send: () => true,
  halfClose: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
}
const FULL = refusedStatus('the upstream has as many calls under way as its breaker allows')
const FULL_QUEUE = refusedStatus('as many calls wait for a connection to the upstream as its breaker allows')
const SHUT_DOWN = 'the upstream is shutting down'
const DEADLINE = 'the deadline of the call has passed'
const UNRESOLVED = 'the upstream has no endpoint yet'
