import { isPlain, jsonText, QUOTE } from './escape.js'
import { keptPart, line, putText, type LinePart, type ValueOf } from './line-parts.js'
import { isoTimes, millisecondsText } from './times.js'

/** A field of a JSON line. */
export interface LogField {
  readonly name: string
  /** For the documentation. */
  readonly meaning: string
  /** Only where `fields` picks it. */
  readonly isExtra?: boolean
  readonly valueOf: ValueOf
  /** The value as JSON. Default: of text a string, of a number itself. */
  readonly write?: (value: never) => string
  /** Nearly every request has another one. */
  readonly isOwn?: boolean
}

const time = isoTimes()

/** The one table of fields; the usual ones in the order lines have them. */
export const LOG_FIELDS: readonly LogField[] = [
  {
    name: 'time',
    meaning: 'when the request began, ISO 8601 in UTC',
    valueOf: ({ startedMs }) => startedMs,
    write: (startedMs: number) => `"${time(startedMs)}"`,
  },
  { name: 'method', meaning: 'HTTP method, as sent', valueOf: ({ method }) => method },
  { name: 'path', meaning: 'path as sent, without the query', valueOf: ({ path }) => path, isOwn: true },
  { name: 'route', meaning: 'template of the route that took it', valueOf: ({ route }) => route },
  { name: 'rpc', meaning: 'gRPC method, `library.v1.LibraryService.GetBook`', valueOf: ({ rpc }) => rpc },
  {
    name: 'status',
    meaning: 'HTTP status; 499 where the client left before there was one',
    valueOf: ({ status }) => status,
  },
  {
    name: 'grpcStatus',
    meaning: 'gRPC status code of the answer, a number',
    valueOf: ({ grpcStatus }) => grpcStatus,
  },
  {
    name: 'durationMs',
    meaning: 'from the request’s headers to the last byte of the response; ms',
    valueOf: ({ durationMs }) => durationMs,
    write: millisecondsText,
    isOwn: true,
  },
  { name: 'bytesIn', meaning: 'size of the request’s body as it came', valueOf: ({ bytesIn }) => bytesIn },
  { name: 'bytesOut', meaning: 'size of the response’s body as it went', valueOf: ({ bytesOut }) => bytesOut },
  { name: 'client', meaning: 'address of the client, behind trusted proxies', valueOf: ({ client }) => client },
  { name: 'identity', meaning: 'who calls: the subject', valueOf: ({ identity }) => identity },
  {
    name: 'requestId',
    meaning: 'the response’s `x-request-id`',
    valueOf: ({ requestId }) => requestId,
    isOwn: true,
  },
  {
    name: 'traceId',
    meaning: 'id of the trace, the client’s own where nothing is traced here',
    valueOf: ({ traceId }) => traceId,
    isOwn: true,
  },
  { name: 'upstream', meaning: 'name of the upstream of the last attempt', valueOf: ({ upstream }) => upstream },
  { name: 'attempts', meaning: 'attempts at the upstream call', valueOf: ({ attempts }) => attempts },
  {
    name: 'reason',
    meaning: 'reason of an error that was made here ([errors](errors.md))',
    isExtra: true,
    valueOf: ({ reason }) => reason,
  },
  {
    name: 'endpoint',
    meaning: 'address of the endpoint of the last attempt',
    isExtra: true,
    valueOf: ({ endpoint }) => endpoint,
  },
  { name: 'host', meaning: 'the Host header', isExtra: true, valueOf: ({ host }) => host },
  { name: 'userAgent', meaning: 'the User-Agent header', isExtra: true, valueOf: ({ userAgent }) => userAgent },
]

/** Writes a line, with its end. @param picked names of fields; undefined: the usual ones */
export function jsonLines(picked: readonly string[] | undefined): LinePart {
  const fields =
    picked === undefined
      ? LOG_FIELDS.filter(({ isExtra }) => isExtra !== true)
      : picked.flatMap((name) => LOG_FIELDS.find((field) => field.name === name) ?? [])
  const parts: LinePart[] = []
  let shared: Shared[] = []
  for (const [index, field] of fields.entries()) {
    const beginning = `${index === 0 ? '{' : ','}"${field.name}":`
    if (field.isOwn === true) {
      parts.push(sharedPart(shared, beginning), ownPart(field))
      shared = []
    } else shared.push({ ...field, beginning })
  }
  parts.push(sharedPart(shared, '}\n'))
  return line(parts)
}

/** A field that says of many requests what it said of the one before. */
interface Shared extends LogField {
  /** What stands before its value. */
  readonly beginning: string
}

/** @param end what stands behind the fields */
function sharedPart(fields: readonly Shared[], end: string): LinePart {
  return keptPart(
    fields.map(({ valueOf }) => valueOf),
    (entry) => {
      let text = ''
      for (const field of fields) text += field.beginning + jsonOf(field, field.valueOf(entry))
      return text + end
    },
  )
}

/** The value alone. */
function ownPart(field: LogField): LinePart {
  return (entry, bytes, at) => {
    const value = field.valueOf(entry)
    if (typeof value !== 'string' || !isPlain(value)) return putText(jsonOf(field, value), bytes, at)
    if (at === bytes.length) return -1
    bytes[at] = QUOTE
    const end = putText(value, bytes, at + 1)
    if (end < 0 || end === bytes.length) return -1
    bytes[end] = QUOTE
    return end + 1
  }
}

function jsonOf({ write }: LogField, value: string | number | undefined): string {
  if (value === undefined) return 'null'
  if (write !== undefined) return write(value as never)
  return typeof value === 'number' ? String(value) : jsonText(value)
}
