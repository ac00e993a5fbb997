import type { LogEntry } from './entry.js'
import { jsonText } from './escape.js'
import { isoTimes, millisecondsText } from './times.js'

/** A field of a JSON line. */
export interface LogField {
  readonly name: string
  /** For the documentation. */
  readonly meaning: string
  /** Only where `fields` picks it. */
  readonly isExtra?: boolean
  /** The value as JSON; `null` where there is none. */
  readonly write: (entry: LogEntry) => string
}

const text = (value: string | undefined): string => (value === undefined ? 'null' : jsonText(value))
const count = (value: number | undefined): string => (value === undefined ? 'null' : String(value))
const time = isoTimes()

/** The one table of fields; the usual ones in the order lines have them. */
export const LOG_FIELDS: readonly LogField[] = [
  {
    name: 'time',
    meaning: 'when the request began, ISO 8601 in UTC',
    write: ({ startedMs }) => `"${time(startedMs)}"`,
  },
  { name: 'method', meaning: 'HTTP method, as sent', write: ({ method }) => text(method) },
  { name: 'path', meaning: 'path as sent, without the query', write: ({ path }) => text(path) },
  { name: 'route', meaning: 'template of the route that took it', write: ({ route }) => text(route) },
  { name: 'rpc', meaning: 'gRPC method, `library.v1.LibraryService.GetBook`', write: ({ rpc }) => text(rpc) },
  {
    name: 'status',
    meaning: 'HTTP status; 499 where the client left before there was one',
    write: ({ status }) => count(status),
  },
  {
    name: 'grpcStatus',
    meaning: 'gRPC status code of the answer, a number',
    write: ({ grpcStatus }) => count(grpcStatus),
  },
  {
    name: 'durationMs',
    meaning: 'from the request’s headers to the last byte of the response; ms',
    write: ({ durationMs }) => millisecondsText(durationMs),
  },
  { name: 'bytesIn', meaning: 'size of the request’s body as it came', write: ({ bytesIn }) => count(bytesIn) },
  { name: 'bytesOut', meaning: 'size of the response’s body as it went', write: ({ bytesOut }) => count(bytesOut) },
  { name: 'client', meaning: 'address of the client, behind trusted proxies', write: ({ client }) => text(client) },
  { name: 'identity', meaning: 'who calls: the subject', write: ({ identity }) => text(identity) },
  { name: 'requestId', meaning: 'the response’s `x-request-id`', write: ({ requestId }) => text(requestId) },
  {
    name: 'traceId',
    meaning: 'id of the trace, the client’s own where nothing is traced here',
    write: ({ traceId }) => text(traceId),
  },
  { name: 'upstream', meaning: 'name of the upstream of the last attempt', write: ({ upstream }) => text(upstream) },
  { name: 'attempts', meaning: 'attempts at the upstream call', write: ({ attempts }) => count(attempts) },
  {
    name: 'reason',
    meaning: 'reason of an error that was made here ([errors](errors.md))',
    isExtra: true,
    write: ({ reason }) => text(reason),
  },
  {
    name: 'endpoint',
    meaning: 'address of the endpoint of the last attempt',
    isExtra: true,
    write: ({ endpoint }) => text(endpoint),
  },
  { name: 'host', meaning: 'the Host header', isExtra: true, write: ({ host }) => text(host) },
  { name: 'userAgent', meaning: 'the User-Agent header', isExtra: true, write: ({ userAgent }) => text(userAgent) },
]

/** Writes a line, with its end. @param picked names of fields; undefined: the usual ones */
export function jsonLines(picked: readonly string[] | undefined): (entry: LogEntry) => string {
  const fields =
    picked === undefined
      ? LOG_FIELDS.filter(({ isExtra }) => isExtra !== true)
      : picked.flatMap((name) => LOG_FIELDS.find((field) => field.name === name) ?? [])
  const keys = fields.map(({ name }, index) => `${index === 0 ? '{' : ','}"${name}":`)
  const writes = fields.map(({ write }) => write)
  return (entry) => {
    let line = ''
    for (let i = 0; i < keys.length; i++) line += keys[i]! + writes[i]!(entry)
    return `${line}}\n`
  }
}
