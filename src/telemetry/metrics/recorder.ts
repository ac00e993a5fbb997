import type { ObservedRequest, RefusedRequest, RequestObserver, Route } from '../../exchange/index.js'
import { PolicyReason } from '../../policies/index.js'
import type { AttemptObserver, CallStatus, Endpoint, Metadata } from '../../upstream/index.js'
import { METHODS, methodIndex } from '../http-method.js'
import { increment, requestKey, RouteCounts, type CallCounts } from './route-counts.js'

const LIMIT_REASONS: ReadonlySet<string> = new Set([PolicyReason.LimitReached, PolicyReason.TooManyConcurrent])
const AUTH_REASONS: ReadonlySet<string> = new Set([
  PolicyReason.MissingCredentials,
  PolicyReason.InvalidCredentials,
  PolicyReason.MalformedCredentials,
  PolicyReason.PermissionDenied,
  PolicyReason.InsufficientScope,
  PolicyReason.AuthenticationUnavailable,
  PolicyReason.TooManyFailures,
])

const NO_METADATA: Metadata = []

/**
 * Counts requests while they are served. What is counted for a route is looked up once a request; counting adds numbers up
 * and makes no text. Nothing that a client sends becomes a key.
 */
export class Recorder implements Partial<RequestObserver> {
  readonly timesCoding = true
  /** By method and scheme. */
  readonly active = new Float64Array(METHODS.length * 2)
  /** Everything counted by route, those that are served no more included: counters never go back. */
  readonly routes: RouteCounts[] = []
  readonly #unrouted = new RouteCounts(undefined)
  readonly #byRoute = new WeakMap<Route, RouteCounts>()
  readonly #byKey = new Map<string, RouteCounts>()

  constructor() {
    this.routes.push(this.#unrouted)
  }

  onBegin({ http, scheme }: ObservedRequest): void {
    this.active[methodIndex(http.method) * 2 + (scheme === 'https' ? 1 : 0)]! += 1
  }

  onAllowed({ route }: ObservedRequest): void {
    if (route?.policies?.isLimited === true) this.#countsOf(route).limits.allowed += 1
  }

  onAttempt({ route }: ObservedRequest, upstream: string, _endpoint: Endpoint): AttemptObserver | undefined {
    return new CountedAttempt(this.#countsOf(route).callsOn(upstream))
  }

  onEnd(request: ObservedRequest): void {
    const { http, scheme, route, reason, identity, decodeMs, encodeMs } = request
    const method = methodIndex(http.method)
    const isTls = scheme === 'https'
    this.active[method * 2 + (isTls ? 1 : 0)]! -= 1
    const counts = this.#countsOf(route)
    const requests = counts.requestsOf(requestKey(method, isTls, request.httpStatus))
    requests.duration.record((request.ended - request.started) / 1000)
    requests.bytesIn.record(request.bytesIn)
    requests.bytesOut.record(request.bytesOut)
    if (decodeMs > 0) counts.decode.record(decodeMs / 1000)
    if (encodeMs > 0) counts.encode.record(encodeMs / 1000)
    if (reason !== undefined) {
      increment(counts.errors, reason)
      if (LIMIT_REASONS.has(reason)) increment(counts.limits.denied, reason)
    }
    if (route?.policies?.asksCaller !== true) return
    if (reason !== undefined && AUTH_REASONS.has(reason)) increment(counts.auth.denied, reason)
    else if (identity !== undefined) increment(counts.auth.allowedBy, identity.provider)
  }

  onRefused({ method, scheme, httpStatus, reason, bytesOut }: RefusedRequest): void {
    const counts = this.#unrouted
    const requests = counts.requestsOf(requestKey(methodIndex(method), scheme === 'https', httpStatus))
    requests.duration.record(0)
    requests.bytesIn.record(0)
    requests.bytesOut.record(bytesOut)
    increment(counts.errors, reason)
  }

  #countsOf(route: Route | undefined): RouteCounts {
    if (route === undefined) return this.#unrouted
    return this.#byRoute.get(route) ?? this.#found(route)
  }

  /** The route is new, or another snapshot's. */
  #found(route: Route): RouteCounts {
    const key = `${route.httpRoute} ${route.rpcPath}`
    let counts = this.#byKey.get(key)
    if (counts === undefined) {
      counts = new RouteCounts(route)
      this.#byKey.set(key, counts)
      this.routes.push(counts)
    }
    this.#byRoute.set(route, counts)
    return counts
  }
}

class CountedAttempt implements AttemptObserver {
  readonly metadata = NO_METADATA
  readonly #counts: CallCounts
  readonly #started = performance.now()

  constructor(counts: CallCounts) {
    this.#counts = counts
  }

  onEnd({ code }: CallStatus): void {
    this.#counts.record(code, (performance.now() - this.#started) / 1000)
  }
}
