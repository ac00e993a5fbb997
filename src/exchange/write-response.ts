import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import { BoundedCache } from '../cache/index.js'
import { httpStatusOf, type StatusError } from '../status/index.js'
import { statusBodyOf, type EncodedBody, type StatusBody, type Transcoder } from '../transcode/index.js'
import { negotiateCoding, type ResponseCoding } from './content-coding.js'
import { encodeBody } from './encode-body.js'
import { isAwaitingContinue } from './expect.js'
import { isHeaderName, isHeaderValue } from './metadata.js'
import type { ErrorType } from './negotiate.js'
import { addMissing } from './security-headers.js'
import type { CompressionSettings } from './types.js'
import { closeLingering, dropRest, hasUnreadBody, isWorthReading } from './unread-body.js'
import { canSendWhole, MAX_WHOLE_BYTES, sendWhole } from './whole-response.js'

/** What every response of one request has in common. */
export interface ResponseHead {
  readonly requestId: string
  /** Whether the connection closes after this response: asked when it is written, which may be later. */
  readonly closes: () => boolean
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
    const vary = body !== undefined && head.isNegotiated ? newVary(headers, 'Accept') : undefined
    return writeWhole(req, res, httpStatus, headers, vary, body, head)
  }
  const vary = newVary(headers, head.isNegotiated ? 'Accept, Accept-Encoding' : 'Accept-Encoding')
  const coding = codingFor(req, headers, body, compression)
  if (coding === undefined) return writeWhole(req, res, httpStatus, headers, vary, body, head)
  let isLater = false
  const write = (bytes: Uint8Array | undefined): void => {
    if (bytes === undefined) return writeWhole(req, res, httpStatus, headers, vary, body, head)
    headers.push('content-encoding', coding)
    writeWhole(req, res, httpStatus, headers, vary, { contentType: body.contentType, bytes }, head)
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

/** What `vary` has to say, if the headers do not have one that says it now: node:http takes a list without repeated names as it is. */
function newVary(headers: string[], names: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== 'vary') continue
    headers[i + 1] += `, ${names}`
    return undefined
  }
  return names
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
  vary: string | undefined,
  body: EncodedBody | undefined,
  head: ResponseHead,
): void {
  if (res.headersSent || res.destroyed) return
  const isUnread = !head.isBodyTaken && hasUnreadBody(req)
  // A client that was not told to continue may send its body all the same, or the next request: no way to tell.
  const closes = head.closes() || (isUnread && (!isWorthReading(req) || isAwaitingContinue(req, res)))
  const { observation } = head
  if (observation !== undefined) {
    observation.onResponse(httpStatus, body === undefined || req.method === 'HEAD' ? 0 : body.bytes.length)
  }
  if (isUnread || closes || body === undefined || !isSentWhole(req, res, httpStatus, headers, vary, body, head)) {
    addOwn(headers, vary, closes, body, head)
    writeHead(res, httpStatus, headers)
    if (isUnread && closes) {
      // Without end(): node:http would close the socket at once, and the client might never see the answer.
      if (body === undefined || req.method === 'HEAD') res.flushHeaders()
      else res.write(body.bytes)
      closeLingering(req)
      return
    }
    if (body === undefined) res.end()
    else res.end(body.bytes)
    if (isUnread) dropRest(req)
  }
  // What the client has not taken at once it must go on taking; node:http itself would wait for ever.
  const { socket } = res
  if (socket !== null && socket.writableLength > 0) socket.setTimeout(head.stallTimeoutMs)
}

/** Sends it in one piece, if it may be. */
function isSentWhole(
  req: IncomingMessage,
  res: ServerResponse,
  httpStatus: number,
  headers: readonly string[],
  vary: string | undefined,
  { contentType, bytes }: EncodedBody,
  { requestId, traceResponse }: ResponseHead,
): boolean {
  if (
    bytes.length === 0 ||
    bytes.length > MAX_WHOLE_BYTES ||
    !canSendWhole(req, res, httpStatus) ||
    !isHeaderValue(contentType)
  ) {
    return false
  }
  const fields = fieldLines(headers)
  if (fields === undefined) return false
  const own = vary === undefined ? fields : `${fields}vary: ${vary}\r\n`
  const trace = traceResponse === undefined ? '' : `traceresponse: ${traceResponse}\r\n`
  const ids = `x-request-id: ${requestId}\r\n${trace}`
  const content = `content-type: ${contentType}\r\ncontent-length: ${bytes.length}\r\n`
  sendWhole(res, httpStatus, own + ids + content, bytes)
  return true
}

/** Adds what is said once, and by us. */
function addOwn(
  headers: string[],
  vary: string | undefined,
  closes: boolean,
  body: EncodedBody | undefined,
  { requestId, traceResponse }: ResponseHead,
): void {
  if (vary !== undefined) headers.push('vary', vary)
  headers.push('x-request-id', requestId)
  if (traceResponse !== undefined) headers.push('traceresponse', traceResponse)
  if (closes) headers.push('connection', 'close')
  if (body !== undefined) {
    headers.push('content-type', body.contentType, 'content-length', String(body.bytes.length))
  }
}

/** The fields' lines; undefined: it is for node:http to say what becomes of one of them. */
function fieldLines(headers: readonly string[]): string | undefined {
  let lines = ''
  for (let i = 0; i < headers.length; i += 2) {
    const beginning = beginnings.get(headers[i]!)
    const value = headers[i + 1]!
    if (beginning === '' || !isHeaderValue(value)) return undefined
    lines += `${beginning}${value}\r\n`
  }
  return lines
}

/** Of lines, by name; '' where it is none that may be written without a thought. */
const beginnings = new BoundedCache(
  (name) => (MESSAGE_FIELDS.has(name) || !isHeaderName(name) ? '' : `${name}: `),
  1000,
  64,
)

/** Those that change how the rest of the message, or of the connection, is to be read. */
const MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'expect',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

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
  const closes = error.closesConnection ? always : head.closes
  writeStatus(req, res, statusBodyOf(error), error.httpStatus, headers, type, transcoder, { ...head, closes })
}

const always = (): boolean => true

/** The least there can be, where by a fault of ours not even the error could be written. */
export function writeLeast(res: ServerResponse, requestId: string): void {
  if (res.headersSent || res.destroyed) return void res.destroy()
  for (const name of res.getHeaderNames()) res.removeHeader(name)
  const headers = ['x-request-id', requestId, 'connection', 'close', 'content-length', '0']
  res.writeHead(500, STATUS_CODES[500], headers).end()
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
