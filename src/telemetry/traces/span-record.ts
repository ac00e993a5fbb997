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
 * A span that has ended. What is done once in a hundred requests finds none of its code in the processor's caches, and takes ten
 * times as long as what is done again at once: records are made of several spans together, and until then a span keeps what it is of.
 */
export interface EndedSpan {
  row(): SpanRow
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

/** A record as it goes to the thread that sends it, without names: half as much to write and to read. */
export type SpanRow = ServerRow | ClientRow

export type ServerRow = readonly [
  kind: ServerRecord['kind'],
  traceId: ServerRecord['traceId'],
  spanId: ServerRecord['spanId'],
  tracestate: ServerRecord['tracestate'],
  parent: ServerRecord['parent'],
  links: ServerRecord['links'],
  startMs: ServerRecord['startMs'],
  durationNs: ServerRecord['durationNs'],
  method: ServerRecord['method'],
  scheme: ServerRecord['scheme'],
  httpVersion: ServerRecord['httpVersion'],
  path: ServerRecord['path'],
  query: ServerRecord['query'],
  host: ServerRecord['host'],
  userAgent: ServerRecord['userAgent'],
  peerAddress: ServerRecord['peerAddress'],
  peerPort: ServerRecord['peerPort'],
  clientAddress: ServerRecord['clientAddress'],
  requestId: ServerRecord['requestId'],
  httpRoute: ServerRecord['httpRoute'],
  httpStatus: ServerRecord['httpStatus'],
  reason: ServerRecord['reason'],
  attempts: ServerRecord['attempts'],
  decodeNs: ServerRecord['decodeNs'],
  encodeNs: ServerRecord['encodeNs'],
  isAborted: ServerRecord['isAborted'],
  subject: ServerRecord['subject'],
  provider: ServerRecord['provider'],
  events: ServerRecord['events'],
  droppedEvents: ServerRecord['droppedEvents'],
]

export type ClientRow = readonly [
  kind: ClientRecord['kind'],
  traceId: ClientRecord['traceId'],
  spanId: ClientRecord['spanId'],
  parentId: ClientRecord['parentId'],
  requestStartMs: ClientRecord['requestStartMs'],
  startNs: ClientRecord['startNs'],
  durationNs: ClientRecord['durationNs'],
  rpcMethod: ClientRecord['rpcMethod'],
  upstream: ClientRecord['upstream'],
  address: ClientRecord['address'],
  host: ClientRecord['host'],
  port: ClientRecord['port'],
  socketPath: ClientRecord['socketPath'],
  serverAddress: ClientRecord['serverAddress'],
  serverPort: ClientRecord['serverPort'],
  code: ClientRecord['code'],
  message: ClientRecord['message'],
  isLocal: ClientRecord['isLocal'],
  previousAttempts: ClientRecord['previousAttempts'],
  isCopy: ClientRecord['isCopy'],
  hasEjected: ClientRecord['hasEjected'],
]

/** @param row may have come as JSON, which has null for undefined */
export function recordOf(row: SpanRow): SpanRecord {
  return row[0] === SERVER ? serverRecord(row) : clientRecord(row)
}

// Written out: of an object that is made field by field from a list of names V8 makes a hash table, which costs three times as much.
function serverRecord(row: ServerRow): ServerRecord {
  return {
    kind: row[0],
    traceId: row[1],
    spanId: row[2],
    tracestate: row[3] ?? undefined,
    parent: row[4] ?? undefined,
    links: row[5] ?? undefined,
    startMs: row[6],
    durationNs: row[7],
    method: row[8],
    scheme: row[9],
    httpVersion: row[10],
    path: row[11],
    query: row[12],
    host: row[13] ?? undefined,
    userAgent: row[14] ?? undefined,
    peerAddress: row[15],
    peerPort: row[16] ?? undefined,
    clientAddress: row[17],
    requestId: row[18],
    httpRoute: row[19] ?? undefined,
    httpStatus: row[20],
    reason: row[21] ?? undefined,
    attempts: row[22],
    decodeNs: row[23],
    encodeNs: row[24],
    isAborted: row[25],
    subject: row[26] ?? undefined,
    provider: row[27] ?? undefined,
    events: row[28],
    droppedEvents: row[29],
  }
}

function clientRecord(row: ClientRow): ClientRecord {
  return {
    kind: row[0],
    traceId: row[1],
    spanId: row[2],
    parentId: row[3],
    requestStartMs: row[4],
    startNs: row[5],
    durationNs: row[6],
    rpcMethod: row[7],
    upstream: row[8],
    address: row[9],
    host: row[10],
    port: row[11],
    socketPath: row[12] ?? undefined,
    serverAddress: row[13] ?? undefined,
    serverPort: row[14] ?? undefined,
    code: row[15],
    message: row[16],
    isLocal: row[17],
    previousAttempts: row[18],
    isCopy: row[19],
    hasEjected: row[20],
  }
}

/** As records have them. */
export const nanoseconds = (ms: number): number => Math.round(ms * 1e6)
export const milliseconds = (ns: number): number => ns / 1e6
