import type { IncomingMessage, ServerResponse } from 'node:http'
import { Code, StatusError } from '../status/index.js'
import type { GatewayHandler } from './handler.js'
import { Reason } from './reasons.js'

/*
 * `Expect` (RFC 9110 §10.1.1). A client that expects 100-continue waits for leave to send its body: it gets it when the
 * body is about to be read, or the final answer instead. node:http tells such requests apart by event, and answers by
 * itself where nobody listens; so which responses owe a 100 is remembered here.
 */

const awaiting = new WeakSet<ServerResponse>()

/** A listener for `checkContinue`: the exchange says when to continue. */
export function continueLater(handler: GatewayHandler): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    awaiting.add(res)
    handler(req, res)
  }
}

/** True while the client waits for leave to send its body. */
export function isAwaitingContinue(req: IncomingMessage, res: ServerResponse): boolean {
  return req.headers.expect !== undefined && awaiting.has(res)
}

/** Gives leave, where it is waited for. */
export function giveLeave(req: IncomingMessage, res: ServerResponse): void {
  if (!isAwaitingContinue(req, res)) return
  awaiting.delete(res)
  res.writeContinue()
}

/**
 * @throws StatusError 417 for an expectation that is not 100-continue; HTTP/1.0 has no expectations
 */
export function checkExpectation(req: IncomingMessage): void {
  const { expect } = req.headers
  if (expect === undefined || expect.toLowerCase() === '100-continue') return
  if (req.httpVersionMajor === 1 && req.httpVersionMinor === 0) return
  throw new StatusError(Code.InvalidArgument, 'the only expectation met is 100-continue', {
    reason: Reason.ExpectationFailed,
    httpStatus: 417,
    closesConnection: true,
  })
}
