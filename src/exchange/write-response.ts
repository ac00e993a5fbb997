import type { ServerResponse } from 'node:http'
import type { StatusError } from '../status/index.js'
import { httpStatusOf } from '../status/index.js'
import {
  statusBodyOf,
  type EncodedBody,
  type FormatName,
  type StatusBody,
  type Transcoder,
} from '../transcode/index.js'

/** What every response of one request has in common. */
export interface ResponseHead {
  readonly requestId: string
  /** The connection closes after this response. */
  readonly closes: boolean
}

/**
 * Writes a whole response: status, headers (name, value, …) and body in one go. Does nothing where the response has
 * been begun or the client is gone.
 */
export function writeResponse(
  res: ServerResponse,
  httpStatus: number,
  headers: string[],
  body: EncodedBody | undefined,
  head: ResponseHead,
): void {
  if (res.headersSent || res.destroyed) return
  headers.push('x-request-id', head.requestId)
  if (head.closes) headers.push('connection', 'close')
  // Handlers that stood before us in a chain may have set headers; they are kept.
  for (const name of res.getHeaderNames()) {
    const value = res.getHeader(name)
    for (const one of Array.isArray(value) ? value : [String(value)]) headers.push(name, one)
    res.removeHeader(name)
  }
  if (body === undefined) {
    res.writeHead(httpStatus, headers).end()
    return
  }
  headers.push('content-type', body.contentType, 'content-length', String(body.bytes.length))
  res.writeHead(httpStatus, headers).end(body.bytes)
}

/** The one place that writes an error the gateway made, in the client's format. */
export function writeError(
  res: ServerResponse,
  error: StatusError,
  format: FormatName | 'problem',
  transcoder: Transcoder,
  head: ResponseHead,
): void {
  const headers = [...error.headers]
  const closes = head.closes || error.closesConnection
  writeStatus(res, statusBodyOf(error), error.httpStatus, headers, format, transcoder, { ...head, closes })
}

/** Writes a google.rpc.Status, of ours or a peer's. `httpStatus` undefined: the one its code maps to. */
export function writeStatus(
  res: ServerResponse,
  status: StatusBody,
  httpStatus: number | undefined,
  headers: string[],
  format: FormatName | 'problem',
  transcoder: Transcoder,
  head: ResponseHead,
): void {
  const code = httpStatus ?? httpStatusOf(status.code)
  const body = format === 'problem' ? transcoder.encodeProblem(status, code) : transcoder.encodeStatus(status, format)
  writeResponse(res, code, headers, body, head)
}
