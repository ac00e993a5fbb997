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
  /** undefined: there is none. */
  readonly valueOf: (entry: LogEntry) => string | number | undefined
  /** The value as JSON. Default: of text a string, of a number itself. */
  readonly write?: (value: never) => string
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
  { name: 'path', meaning: 'path as sent, without the query', valueOf: ({ path }) => path },
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
  },
  { name: 'bytesIn', meaning: 'size of the request’s body as it came', valueOf: ({ bytesIn }) => bytesIn },
  { name: 'bytesOut', meaning: 'size of the response’s body as it went', valueOf: ({ bytesOut }) => bytesOut },
  { name: 'client', meaning: 'address of the client, behind trusted proxies', valueOf: ({ client }) => client },
  { name: 'identity', meaning: 'who calls: the subject', valueOf: ({ identity }) => identity },
  { name: 'requestId', meaning: 'the response’s `x-request-id`', valueOf: ({ requestId }) => requestId },
  {
    name: 'traceId',
    meaning: 'id of the trace, the client’s own where nothing is traced here',
    valueOf: ({ traceId }) => traceId,
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

/** Longer values are not kept for the next line. */
const MAX_KEPT = 200

/** A field of one log. What it said of the request before it mostly says again, of the method, the route, the status. */
class FieldWriter {
  readonly #beginning: string
  readonly #valueOf: LogField['valueOf']
  readonly #write: (value: never) => string
  #value: string | number | undefined
  #text: string

  constructor({ name, valueOf, write = jsonOf }: LogField, isFirst: boolean) {
    this.#beginning = `${isFirst ? '{' : ','}"${name}":`
    this.#valueOf = valueOf
    this.#write = write
    this.#text = `${this.#beginning}null`
  }

  /** Its name and value, as they stand in a line. */
  textOf(entry: LogEntry): string {
    const value = this.#valueOf(entry)
    if (value === this.#value) return this.#text
    const text = this.#beginning + (value === undefined ? 'null' : this.#write(value as never))
    if (text.length > MAX_KEPT) return text
    this.#value = value
    this.#text = text
    return text
  }
}

const jsonOf = (value: string | number): string => (typeof value === 'number' ? String(value) : jsonText(value))

/** Writes a line, with its end. @param picked names of fields; undefined: the usual ones */
export function jsonLines(picked: readonly string[] | undefined): (entry: LogEntry) => string {
  const fields =
    picked === undefined
      ? LOG_FIELDS.filter(({ isExtra }) => isExtra !== true)
      : picked.flatMap((name) => LOG_FIELDS.find((field) => field.name === name) ?? [])
  const writers = fields.map((field, index) => new FieldWriter(field, index === 0))
  return (entry) => {
    let line = ''
    for (let i = 0; i < writers.length; i++) line += writers[i]!.textOf(entry)
    return `${line}}\n`
  }
}
