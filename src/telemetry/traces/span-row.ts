import { SERVER, type ClientRecord, type ServerRecord, type SpanRecord } from './span-record.js'

/**
 * A span that has ended. What is done once in a hundred requests finds none of its code in the processor's caches, and takes ten
 * times as long as what is done again at once: rows are made of several spans together, and until then a span keeps what it is of.
 */
export interface EndedSpan {
  row(): SpanRow
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
