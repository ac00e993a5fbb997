import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** When so many requests of a connection wait, it is not read; when half of them are served, it is again. */
const MAX_WAITING = 64

const waiting = new WeakMap<Socket, number>()

/**
 * Serves the requests of a connection one after the other, as they came. Pipelining (RFC 9112 §9.3.2) would let a client
 * have any number of calls under way on one connection, and requests that change something run side by side; and
 * node:http never says of a response that is not at its turn that the client is gone.
 */
export function inTurn(req: IncomingMessage, res: ServerResponse, serve: () => void): void {
  const { socket } = req
  const count = (waiting.get(socket) ?? 0) + 1
  waiting.set(socket, count)
  // In a later step: node:http reads on by itself after each request it finds in what it has read already.
  if (count === MAX_WAITING) process.nextTick(() => socket.pause())
  res.once('socket', () => {
    const left = waiting.get(socket)! - 1
    waiting.set(socket, left)
    if (left === MAX_WAITING / 2) socket.resume()
    // The response is being handed its socket: what is written meanwhile would be written twice.
    process.nextTick(serve)
  })
}

/** False while responses to earlier requests of the connection are not written: node:http gives the socket in turn. */
export function isAtItsTurn(res: ServerResponse): boolean {
  return res.socket !== null
}
