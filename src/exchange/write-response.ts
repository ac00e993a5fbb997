import { ServerResponse, type IncomingMessage } from 'node:http'
import type { StatusError } from '../status/index.js'
import { httpStatusOf } from '../status/index.js'
import { statusBodyOf, type EncodedBody, type StatusBody, type Transcoder } from '../transcode/index.js'
import { negotiateCoding, type ResponseCoding } from './content-coding.js'
import { encodeBody } from './encode-body.js'
import { isAwaitingContinue } from './expect.js'
import type { ErrorType } from './negotiate.js'
import { addMissing } from './security-headers.js'
import type { CompressionSettings } from './types.js'
import { closeLingering, dropRest, hasUnreadBody, isWorthReading } from './unread-body.js'

/** What every response of one request has in common. */
export interface ResponseHead {
  readonly requestId: string
  /** The connection closes after this response. */
  readonly closes: boolean
  /** The request's body has been taken whole; node:http may yet be about to notice that it is complete. */
  readonly isBodyTaken: boolean
  /** Closes the connection when the client has taken nothing of a response for so long; ms. */
  readonly stallTimeoutMs: number
  /** Headers the response has unless it says something else of them; undefined: none. */
  readonly security: readonly string[] | undefined
  /** undefined: the body is not compressed, and nothing is said of that it might have been. */
  readonly compression: CompressionSettings | undefined
  /** Whether it was `Accept` that chose the body's format, as caches have to know (RFC 9110 §12.5.5). */
  readonly isNegotiated: boolean
  /** Takes what goes wrong after `writeResponse` has returned. */
  readonly onFault: (error: unknown) => void
  /** What policies add to the headers, or take away; undefined: the method has none. */
  readonly policies: { editResponse(headers: string[]): string[] } | undefined
  /** The value of `traceresponse`; undefined: it is not said. */
  readonly traceResponse: string | undefined
  /** Who watches; undefined: nobody. */
  readonly observation: WatchedResponse | undefined
}

interface WatchedResponse {
  onResponse(httpStatus: number, bodyBytes: number): void
}

/**
 * Writes a whole response: status, headers (name, value, …) and body in one go; where a large body is to be compressed,
 * later. Does nothing where the response has been begun or the client is gone. What of the request is unread by then is
 * dropped, or the connection closed for it.
 */
export function writeResponse(
  req: IncomingMessage,
  res: ServerResponse,
  httpStatus: number,
  ownHeaders: string[],
  body: EncodedBody | undefined,
  head: ResponseHead,
): void {
  const { compression, policies, security } = head
  if (security !== undefined) addMissing(ownHeaders, security)
  const headers = policies === undefined ? ownHeaders : policies.editResponse(ownHeaders)
  // What stood before us may have said of the body to come how it is encoded.
  if (body === undefined || compression === undefined || res.hasHeader('content-encoding')) {
    if (body !== undefined && head.isNegotiated) addVary(headers, 'Accept')
    return writeWhole(req, res, httpStatus, headers, body, head)
  }
  addVary(headers, head.isNegotiated ? 'Accept, Accept-Encoding' : 'Accept-Encoding')
  const coding = codingFor(req, headers, body, compression)
  if (coding === undefined) return writeWhole(req, res, httpStatus, headers, body, head)
  let isLater = false
  const write = (bytes: Uint8Array | undefined): void => {
    if (bytes === undefined) return writeWhole(req, res, httpStatus, headers, body, head)
    headers.push('content-encoding', coding)
    writeWhole(req, res, httpStatus, headers, { contentType: body.contentType, bytes }, head)
  }
  const isWanted = (): boolean => !res.headersSent && !res.destroyed
  encodeBody(body.bytes, coding, isWanted, (bytes) => {
    if (!isLater) return write(bytes)
    try {
      write(bytes)
    } catch (error) {
      head.onFault(error)
    }
  })
  isLater = true
}

/** One line of it: node:http takes a list without repeated names as it is. */
function addVary(headers: string[], names: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'vary') continue
    headers[i + 1] += `, ${names}`
    return
  }
  headers.push('vary', names)
}

/** The coding of a body; undefined: it goes as it is. */
function codingFor(
  req: IncomingMessage,
  headers: readonly string[],
  { bytes }: EncodedBody,
  { minBytes }: CompressionSettings,
): ResponseCoding | undefined {
  const { coding, takesPlain } = negotiateCoding(req.headers['accept-encoding'])
  if (coding === undefined || bytes.length === 0 || (takesPlain && bytes.length < minBytes)) return undefined
  // RFC 9111 §5.2.2.6: the upstream's way to say that what it sends must not be compressed.
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === 'cache-control' && /(?:^|[\s,])no-transform(?:$|[\s,])/i.test(headers[i + 1]!)) return undefined
  }
  return coding
}

function writeWhole(
  req: IncomingMessage,
  res: ServerResponse,
  httpStatus: number,
  headers: string[],
  body: EncodedBody | undefined,
  head: ResponseHead,
): void {
  if (res.headersSent || res.destroyed) return
  const isUnread = !head.isBodyTaken && hasUnreadBody(req)
  // A client that was not told to continue may send its body all the same, or the next request: no way to tell.
  const closes = head.closes || (isUnread && (!isWorthReading(req) || isAwaitingContinue(req, res)))
  headers.push('x-request-id', head.requestId)
  const { observation } = head
  if (observation !== undefined) {
    observation.onResponse(httpStatus, body === undefined || req.method === 'HEAD' ? 0 : body.bytes.length)
  }
  if (head.traceResponse !== undefined) headers.push('traceresponse', head.traceResponse)
  if (closes) headers.push('connection', 'close')
  if (body !== undefined) {
    headers.push('content-type', body.contentType, 'content-length', String(body.bytes.length))
  }
  writeHead(res, httpStatus, headers)
  if (isUnread && closes) {
    // Without end(): node:http would close the socket at once, and the client might never see the answer.
    if (body === undefined || req.method === 'HEAD') res.flushHeaders()
    else res.write(body.bytes)
    closeLingering(req)
    return
  }
  if (body === undefined) res.end()
  else endWith(res, body.bytes)
  if (isUnread) dropRest(req)
  // What the client has not taken at once it must go on taking; node:http itself would wait for ever.
  const { socket } = res
  if (socket !== null && socket.writableLength > 0) socket.setTimeout(head.stallTimeoutMs)
}

/** Up to here a body is joined with the head: node:http writes a string of up to 16 KiB without setting anything aside for it. */
const MAX_JOINED_BYTES = 8 * 1024
const plainWrite = (target: ServerResponse): boolean => target.write === ServerResponse.prototype.write

/**
 * Ends a response of which nothing has been written.
 *
 * Of a small body and its head node:http can make one string, and write that at once. Left to itself it gathers head, body and
 * an empty piece that tells of the end, and writes a vector of them, which costs 1 to 2 µs of some 20 for the whole request.
 */
function endWith(res: ServerResponse, bytes: Uint8Array): void {
  const { socket } = res
  // Who stood before us may want to see what is written, whole.
  if (bytes.length > MAX_JOINED_BYTES || bytes.length === 0 || socket === null || !plainWrite(res)) {
    res.end(bytes)
    return
  }
  socket.cork()
  res.write(asBuffer(bytes).toString('latin1'), 'latin1')
  socket.uncork()
  res.end()
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Said once, and by us. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'content-type',
  'content-length',
  'x-request-id',
  'traceresponse',
  'connection',
])

function writeHead(res: ServerResponse, httpStatus: number, headers: string[]): void {
  if (res.getHeaderNames().length === 0 && !hasRepeatedName(headers)) {
    res.writeHead(httpStatus, headers)
    return
  }
  // Handlers that stood before us have set headers: they are kept. Given a list then, or once they have taken all they
  // set away again, node:http would keep only the last of each name.
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    if (OWN_HEADERS.has(name)) res.setHeader(name, headers[i + 1]!)
    else res.appendHeader(name, headers[i + 1]!)
  }
  res.writeHead(httpStatus)
}

function hasRepeatedName(headers: readonly string[]): boolean {
  for (let i = 2; i < headers.length; i += 2) {
    for (let j = 0; j < i; j += 2) if (headers[i] === headers[j]) return true
  }
  return false
}

/** The one place that writes an error the gateway made, in the client's format. */
export function writeError(
  req: IncomingMessage,
  res: ServerResponse,
  error: StatusError,
  type: ErrorType,
  transcoder: Transcoder,
  head: ResponseHead,
): void {
  const headers = [...error.headers]
  const closes = head.closes || error.closesConnection
  writeStatus(req, res, statusBodyOf(error), error.httpStatus, headers, type, transcoder, { ...head, closes })
}

/** Writes a google.rpc.Status, of ours or a peer's. `httpStatus` undefined: the one its code maps to. */
export function writeStatus(
  req: IncomingMessage,
  res: ServerResponse,
  status: StatusBody,
  httpStatus: number | undefined,
  headers: string[],
  type: ErrorType,
  transcoder: Transcoder,
  head: ResponseHead,
): void {
  const code = httpStatus ?? httpStatusOf(status.code)
  const { bytes } = type.isProblem
    ? transcoder.encodeProblem(status, code, type.format)
    : transcoder.encodeStatus(status, type.format)
  writeResponse(req, res, code, headers, { contentType: type.mediaType, bytes }, head)
}
