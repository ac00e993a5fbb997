import type { Route } from '../../exchange/index.js'
import { Histogram } from './histogram.js'
import { metricOf } from './catalogue.js'

const boundsOf = (name: string): readonly number[] => metricOf(name).bounds!
const DURATION = boundsOf('http.server.request.duration')
const REQUEST_SIZE = boundsOf('http.server.request.body.size')
const RESPONSE_SIZE = boundsOf('http.server.response.body.size')
const TRANSCODE = boundsOf('protobridge.transcode.duration')
const CALL = boundsOf('rpc.client.call.duration')

/** What requests of one route with one method, scheme and status have in common. */
export class RequestCounts {
  readonly duration = new Histogram(DURATION)
  readonly bytesIn = new Histogram(REQUEST_SIZE)
  readonly bytesOut = new Histogram(RESPONSE_SIZE)
}

/** Attempts at one method on one upstream, by gRPC status. */
export class CallCounts {
  readonly upstream: string
  readonly byStatus: (Histogram | undefined)[] = []

  constructor(upstream: string) {
    this.upstream = upstream
  }

  record(status: number, seconds: number): void {
    // A server may send any number: outside of the enum it is UNKNOWN, as gRPC has it.
    const code = status >= 0 && status <= 16 ? status : 2
    const counts = (this.byStatus[code] ??= new Histogram(CALL))
    counts.record(seconds)
  }
}

export interface PolicyCounts {
  allowed: number
  readonly denied: Map<string, number>
}

/** All that is counted of one route. It outlives the snapshots that have the route. */
export class RouteCounts {
  /** undefined: of requests that no route takes. */
  readonly httpRoute: string | undefined
  /** `library.v1.LibraryService/GetBook` */
  readonly rpcMethod: string | undefined
  /** By `requestKey`. */
  readonly requests = new Map<number, RequestCounts>()
  readonly decode = new Histogram(TRANSCODE)
  readonly encode = new Histogram(TRANSCODE)
  readonly errors = new Map<string, number>()
  readonly auth = { allowedBy: new Map<string, number>(), denied: new Map<string, number>() }
  readonly limits: PolicyCounts = { allowed: 0, denied: new Map() }
  readonly calls: CallCounts[] = []

  constructor(route: Route | undefined) {
    this.httpRoute = route?.httpRoute
    this.rpcMethod = route?.rpcPath.slice(1)
  }

  requestsOf(key: number): RequestCounts {
    let counts = this.requests.get(key)
    if (counts === undefined) this.requests.set(key, (counts = new RequestCounts()))
    return counts
  }

  callsOn(upstream: string): CallCounts {
    // One, and as many more as the method has splits and fallbacks.
    for (const counts of this.calls) if (counts.upstream === upstream) return counts
    const made = new CallCounts(upstream)
    this.calls.push(made)
    return made
  }
}

export function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** Method, scheme and status as one number. */
export function requestKey(method: number, isTls: boolean, status: number): number {
  return (status * 16 + method) * 2 + (isTls ? 1 : 0)
}

export function ofRequestKey(key: number): { method: number; isTls: boolean; status: number } {
  const rest = key >> 1
  return { method: rest & 15, isTls: (key & 1) === 1, status: rest >> 4 }
}
