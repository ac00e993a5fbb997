import type { Attributes } from '@opentelemetry/api'
import type { SpanEventName } from './attributes.js'

/** Trace flags: sampled. */
export const SAMPLED = 1

/** SpanKind of @opentelemetry/api, which is imported late. */
export const SERVER = 1
export const CLIENT = 2

/** A span's context as plain data. */
export interface SpanIds {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean
  /** As the header has it. */
  readonly tracestate?: string
}

/** Something that happened while a span was open. */
export interface EventRecord {
  readonly name: SpanEventName
  /** ms since the epoch, with fractions. */
  readonly atMs: number
  readonly attributes: Attributes
}

/**
 * What is known of a span: values as they are, from which the thread that sends them makes attributes. Plain data, which JSON can
 * carry; texts of clients and upstreams are cut already. Times beside the first are whole nanoseconds, which are written faster than
 * fractions.
 */
export type SpanRecord = ServerRecord | ClientRecord

/** Of a request. */
export interface ServerRecord {
  readonly kind: typeof SERVER
  readonly traceId: string
  readonly spanId: string
  readonly tracestate: string | undefined
  /** undefined: it is the first of its trace. */
  readonly parent: SpanIds | undefined
  /** Contexts of what it is linked to; undefined: of nothing. */
  readonly links: readonly SpanIds[] | undefined
  /** ms since the epoch. */
  readonly startMs: number
  readonly durationNs: number
  /** As sent. */
  readonly method: string
  readonly scheme: string
  readonly httpVersion: string
  readonly path: string
  readonly query: string
  /** Of the headers; undefined: there is none. */
  readonly host: string | undefined
  readonly userAgent: string | undefined
  readonly peerAddress: string
  readonly peerPort: number | undefined
  readonly clientAddress: string
  readonly requestId: string
  /** undefined: no route took it. */
  readonly httpRoute: string | undefined
  readonly httpStatus: number
  readonly reason: string | undefined
  readonly attempts: number
  readonly decodeNs: number
  readonly encodeNs: number
  readonly isAborted: boolean
  /** Who calls, and who found that out; undefined: nobody did. */
  readonly subject: string | undefined
  readonly provider: string | undefined
  readonly events: readonly EventRecord[]
  readonly droppedEvents: number
}

/** Of one attempt at a call, or of a copy of the call. */
export interface ClientRecord {
  readonly kind: typeof CLIENT
  readonly traceId: string
  readonly spanId: string
  /** The request's span. */
  readonly parentId: string
  /** Of the request: ms since the epoch. */
  readonly requestStartMs: number
  /** From there on. */
  readonly startNs: number
  readonly durationNs: number
  /** `library.v1.LibraryService/GetBook`. */
  readonly rpcMethod: string
  readonly upstream: string
  /** Of the endpoint, as an `Endpoint` has it. */
  readonly address: string
  readonly host: string
  readonly port: number
  readonly socketPath: string | undefined
  /** Where the upstream's own name leads; undefined: to its endpoints only. */
  readonly serverAddress: string | undefined
  readonly serverPort: number | undefined
  /** The call's status. */
  readonly code: number
  readonly message: string
  readonly isLocal: boolean
  readonly previousAttempts: number
  /** A copy of the call, of which the request knows nothing. */
  readonly isCopy: boolean
  /** The outlier detector took the endpoint out for this status. */
  readonly hasEjected: boolean
}
