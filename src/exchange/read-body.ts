import type { IncomingMessage } from 'node:http'
import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

const EMPTY = Buffer.alloc(0)

/** Whether the request has a body by its framing (RFC 9112 §6.3). `Content-Length: 0` is none. */
export function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length']
  return (length !== undefined && length !== '0') || req.headers['transfer-encoding'] !== undefined
}

export interface BodyLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
}

/**
 * Reads a whole body, never holding more than the limit. Calls back exactly once: with the bytes, or with the
 * StatusError to answer (413 before reading where Content-Length tells, 408 where it comes too slowly). Does not call
 * back when the client goes away: the response's close says so.
 */
export function readBody(
  req: IncomingMessage,
  limits: BodyLimits,
  done: (error: StatusError | undefined, body: Buffer) => void,
): void {
  const declared = req.headers['content-length']
  if (declared !== undefined && Number(declared) > limits.maxBytes) return done(tooLarge(limits.maxBytes), EMPTY)
  if (req.readableEnded || req.readableDidRead) return done(alreadyRead(), EMPTY)

  let first: Buffer | undefined
  let rest: Buffer[] | undefined
  let size = 0
  const timer = setTimeout(() => finish(tooSlow(limits.timeoutMs)), limits.timeoutMs)

  function onData(chunk: Buffer): void {
    size += chunk.length
    if (size > limits.maxBytes) return finish(tooLarge(limits.maxBytes))
    if (first === undefined) first = chunk
    else (rest ??= [first]).push(chunk)
  }
  function onEnd(): void {
    finish(undefined)
  }
  function onClose(): void {
    clearTimeout(timer)
  }
  function finish(error: StatusError | undefined): void {
    clearTimeout(timer)
    req.off('data', onData).off('end', onEnd).off('close', onClose)
    if (error !== undefined) done(error, EMPTY)
    else done(undefined, rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, size))
  }
  req.on('data', onData).on('end', onEnd).on('close', onClose)
}

/**
 * After an answer to a request whose body was not read: lets a little more come, so that the client reads the answer
 * instead of a reset, then closes. Node closes nothing itself while bytes of the request are still under way.
 */
export function discardRest(req: IncomingMessage): void {
  if (req.complete) return
  let size = 0
  const { socket } = req
  const close = (): void => {
    socket.destroy()
  }
  const timer = setTimeout(close, LINGER_MS)
  const settle = (): void => clearTimeout(timer)
  req.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > LINGER_BYTES) close()
  })
  req.on('end', settle).on('close', settle).on('error', settle)
  req.resume()
}

const LINGER_MS = 1000
const LINGER_BYTES = 8 * 1024 * 1024

function tooLarge(maxBytes: number): StatusError {
  return new StatusError(Code.InvalidArgument, `the request body is larger than ${maxBytes} bytes`, {
    reason: Reason.BodyTooLarge,
    httpStatus: 413,
  })
}

function tooSlow(timeoutMs: number): StatusError {
  return new StatusError(Code.DeadlineExceeded, `the request body did not arrive within ${timeoutMs} ms`, {
    reason: Reason.RequestTimeout,
    httpStatus: 408,
    closesConnection: true,
  })
}

function alreadyRead(): StatusError {
  return new StatusError(
    Code.Internal,
    'the request body was already read by an earlier middleware: mount protobridge before body parsers',
    { reason: Reason.BodyAlreadyRead },
  )
}
