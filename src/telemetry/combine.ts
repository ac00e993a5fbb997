import type { IncomingMessage } from 'node:http'
import type { ObservedRequest, RefusedRequest, RequestObserver, RequestTrace } from '../exchange/index.js'
import type { AttemptObserver, CallStatus, Endpoint, Metadata } from '../upstream/index.js'

/** One observer that tells all of these; undefined where there is none, so that nothing is observed at all. */
export function combine(observers: readonly Partial<RequestObserver>[]): RequestObserver | undefined {
  return observers.length === 0 ? undefined : new CombinedObserver(observers)
}

class CombinedObserver implements RequestObserver {
  readonly watchesAll: boolean
  readonly timesCoding: boolean
  /** There is one at most. */
  readonly #tracer: Partial<RequestObserver> | undefined
  readonly #begin: readonly Partial<RequestObserver>[]
  readonly #allowed: readonly Partial<RequestObserver>[]
  readonly #attempt: readonly Partial<RequestObserver>[]
  readonly #copy: readonly Partial<RequestObserver>[]
  readonly #end: readonly Partial<RequestObserver>[]
  readonly #refused: readonly Partial<RequestObserver>[]

  constructor(observers: readonly Partial<RequestObserver>[]) {
    this.watchesAll = observers.some(({ watchesAll }) => watchesAll !== false)
    this.timesCoding = observers.some(({ timesCoding }) => timesCoding === true)
    this.#tracer = observers.find(({ traceOf }) => traceOf !== undefined)
    this.#begin = observers.filter(({ onBegin }) => onBegin !== undefined)
    this.#allowed = observers.filter(({ onAllowed }) => onAllowed !== undefined)
    this.#attempt = observers.filter(({ onAttempt }) => onAttempt !== undefined)
    this.#copy = observers.filter(({ onCopy }) => onCopy !== undefined)
    this.#end = observers.filter(({ onEnd }) => onEnd !== undefined)
    this.#refused = observers.filter(({ onRefused }) => onRefused !== undefined)
  }

  traceOf(http: IncomingMessage): RequestTrace | undefined {
    return this.#tracer?.traceOf!(http)
  }

  onBegin(request: ObservedRequest): void {
    for (const observer of this.#begin) observer.onBegin!(request)
  }

  onAllowed(request: ObservedRequest): void {
    for (const observer of this.#allowed) observer.onAllowed!(request)
  }

  onAttempt(
    request: ObservedRequest,
    upstream: string,
    endpoint: Endpoint,
    previousAttempts: number,
  ): AttemptObserver | undefined {
    let combined: AttemptObserver | undefined
    for (const observer of this.#attempt) {
      combined = both(combined, observer.onAttempt!(request, upstream, endpoint, previousAttempts))
    }
    return combined
  }

  onCopy(request: ObservedRequest, upstream: string, endpoint: Endpoint): AttemptObserver | undefined {
    let combined: AttemptObserver | undefined
    for (const observer of this.#copy) combined = both(combined, observer.onCopy!(request, upstream, endpoint))
    return combined
  }

  onEnd(request: ObservedRequest): void {
    for (const observer of this.#end) observer.onEnd!(request)
  }

  onRefused(refused: RefusedRequest): void {
    for (const observer of this.#refused) observer.onRefused!(refused)
  }
}

function both(first: AttemptObserver | undefined, second: AttemptObserver | undefined): AttemptObserver | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return new BothObservers(first, second)
}

class BothObservers implements AttemptObserver {
  readonly metadata: Metadata
  readonly #first: AttemptObserver
  readonly #second: AttemptObserver

  constructor(first: AttemptObserver, second: AttemptObserver) {
    this.metadata = second.metadata.length === 0 ? first.metadata : [...first.metadata, ...second.metadata]
    this.#first = first
    this.#second = second
  }

  onEnd(status: CallStatus, hasEjected: boolean): void {
    this.#first.onEnd(status, hasEjected)
    this.#second.onEnd(status, hasEjected)
  }
}
