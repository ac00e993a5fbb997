import { STATUS_CODES, ServerResponse, type IncomingMessage } from 'node:http'
import { OutgoingBytes } from './outgoing-bytes.js'
import { ServerRequest } from './server-request.js'

/*
 * node:http composes the head of a response field by field, checking each, joins it with the body, and gathers both behind a cork. For
 * a small answer that is complete, on a connection that stays open, all of it is known before: head and body go to the socket as one
 * piece of bytes, and node:http is told that the head has been sent. (docs/decisions/http2-transport.md has what that saves.)
 */

/** Up to here a body is copied behind its head; beyond, two pieces cost less than the copy. */
export const MAX_WHOLE_BYTES = 8 * 1024

/** node:http's own fields, by which it knows how far a response is. Where a Node has others, its responses are its own to write. */
interface Inner {
  /** The head's text; null: there is none yet. */
  _header: string | null
  _headerSent: boolean
  /** False where none is sent: to a HEAD. */
  readonly _hasBody: boolean
  readonly _expect_continue: boolean
  readonly _keepAliveTimeout: number
  readonly _defaultKeepAlive: boolean
  readonly maxRequestsOnConnectionReached: boolean
}

const { prototype } = ServerResponse

/**
 * Whether {@link sendWhole} may be called: it is a response of a listener of ours, which nobody else has touched, and which has its
 * turn; it may have a body; and its connection is kept for the next request.
 */
export function canSendWhole(req: IncomingMessage, res: ServerResponse & Partial<Inner>, httpStatus: number): boolean {
  return (
    httpStatus >= 200 &&
    httpStatus !== 204 &&
    httpStatus !== 304 &&
    req instanceof ServerRequest &&
    res._header === null &&
    res._headerSent === false &&
    res._hasBody === true &&
    res._expect_continue === false &&
    res._defaultKeepAlive === true &&
    res._keepAliveTimeout !== undefined &&
    res.maxRequestsOnConnectionReached === false &&
    res.shouldKeepAlive &&
    res.sendDate &&
    res.socket !== null &&
    res.write === prototype.write &&
    res.end === prototype.end &&
    res.getHeaderNames().length === 0
  )
}

const outgoing = new OutgoingBytes()

/**
 * Writes a whole response, and ends it.
 * @param fields of the head, each with its end: all but `Date`, `Connection` and `Keep-Alive`
 */
export function sendWhole(
  res: ServerResponse & Partial<Inner>,
  httpStatus: number,
  fields: string,
  body: Uint8Array,
): void {
  const head = statusLine(httpStatus) + fields + connectionFields(res._keepAliveTimeout!)
  res.statusCode = httpStatus
  res._header = head
  res._headerSent = true
  outgoing.write(res.socket!, head, body)
  res.end()
}

const statusLines = new Map<number, string>()

/** The first line of a response, with its end. */
export function statusLine(httpStatus: number): string {
  let line = statusLines.get(httpStatus)
  if (line === undefined) {
    line = `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? 'unknown'}\r\n`
    statusLines.set(httpStatus, line)
  }
  return line
}

let second = NaN
let timeout = NaN
let text = ''

/** What node:http adds to the head of a response after which the connection is kept. It changes once in a second. */
function connectionFields(keepAliveTimeoutMs: number): string {
  const nowMs = Date.now()
  const now = Math.floor(nowMs / 1000)
  if (now !== second || keepAliveTimeoutMs !== timeout) {
    second = now
    timeout = keepAliveTimeoutMs
    const keepAlive = timeout > 0 ? `Keep-Alive: timeout=${Math.floor(timeout / 1000)}\r\n` : ''
    text = `Date: ${new Date(nowMs).toUTCString()}\r\nConnection: keep-alive\r\n${keepAlive}\r\n`
  }
  return text
}
