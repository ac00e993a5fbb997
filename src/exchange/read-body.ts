import type { IncomingMessage } from 'node:http'
import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'
import { ServerRequest } from './server-request.js'

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

/** @throws StatusError 413 for a body whose announced length is over the limit; nothing of it has been read */
export function checkLength(req: IncomingMessage, maxBytes: number): void {
  const declared = req.headers['content-length']
  if (declared !== undefined && Number(declared) > maxBytes) throw bodyTooLarge(maxBytes)
}

/**
 * Reads a whole body, never holding more than the limit. Calls back exactly once: with the bytes, or with the
 * StatusError to answer (413 as soon as there is more than the limit, 408 where it comes too slowly). Does not call
 * back when the client goes away: the response's close says so.
 */
export function readBody(
  req: IncomingMessage,
  limits: BodyLimits,
  done: (error: StatusError | undefined, body: Buffer) => void,
): void {
  if (req.readableEnded || req.readableDidRead) return done(alreadyRead(), EMPTY)
  // Most bodies come with their head: they are there when node:http has read what it was given, which is after this step.
  process.nextTick(readArrived, req, limits, done)
}

type Done = (error: StatusError | undefined, body: Buffer) => void

/** Takes a body that has come whole, without events and timers (1 to 2 µs of 30); another is waited for. */
function readArrived(req: IncomingMessage, limits: BodyLimits, done: Done): void {
  if (req.destroyed) return
  // Its length was within the limit. (Not `complete`, which node:http sets a little later.)
  const isWhole = req.readableFlowing === null && String(req.readableLength) === req.headers['content-length']
  if (!isWhole) return readComing(req, limits, done)
  // All of it: without a length, newer Nodes give one piece at a time.
  const body = req.read(req.readableLength) as Buffer
  if (req instanceof ServerRequest) req.silence()
  // So that node:http tells of its end, and puts it away.
  else req.resume()
  done(undefined, body)
}

function readComing(req: IncomingMessage, limits: BodyLimits, done: Done): void {
  let first: Buffer | undefined
  let rest: Buffer[] | undefined
  let size = 0
  const timer = setTimeout(() => finish(tooSlow(limits.timeoutMs)), limits.timeoutMs)

  function onData(chunk: Buffer): void {
    size += chunk.length
    if (size > limits.maxBytes) return finish(bodyTooLarge(limits.maxBytes))
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

export function bodyTooLarge(maxBytes: number): StatusError {
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
