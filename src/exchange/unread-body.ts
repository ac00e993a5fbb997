import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { hasBody } from './read-body.js'

/*
 * What becomes of a body nobody reads, after the request is refused. The client may be sending it all the while: if we
 * closed at once it would see a reset instead of the answer (RFC 9112 §9.6), and if we read it all a refusal would cost
 * as much as the request.
 */

/** How long, and how much, of an unread body is taken and dropped. */
const LINGER_MS = 1000
const LINGER_BYTES = 8 * 1024 * 1024

/** The refused request whose rest is being dropped on a connection, or was last. */
const dropping = new WeakMap<Duplex, IncomingMessage>()

export function hasUnreadBody(req: IncomingMessage): boolean {
  return !req.complete && hasBody(req)
}

/** False where the body is announced to be too long for the connection to be kept for it. */
export function isWorthReading(req: IncomingMessage): boolean {
  return !(Number(req.headers['content-length']) > LINGER_BYTES)
}

/** Takes and drops the rest of the request, so that the connection can carry the next one; closes it if that is much. */
export function dropRest(req: IncomingMessage): void {
  const { socket } = req
  drop(req, () => {
    if (dropping.get(socket) === req) dropping.delete(socket)
  })
}

/** Ends our side of the connection, behind what has been written, and closes it when the client has ended its own. */
export function closeLingering(req: IncomingMessage): void {
  const { socket } = req
  socket.end()
  drop(req, () => socket.destroy())
}

function drop(req: IncomingMessage, onEnd: () => void): void {
  const { socket } = req
  dropping.set(socket, req)
  let size = 0
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  req.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > LINGER_BYTES) socket.destroy()
  })
  req.on('end', () => {
    clearTimeout(timer)
    onEnd()
  })
  req.on('close', () => clearTimeout(timer))
  req.resume()
}

/**
 * True while what comes on a connection belongs to a request that has been answered. Its `end` is told later: what came with the end
 * of its body is of other requests already.
 */
export function isDroppingRest(socket: Duplex): boolean {
  return dropping.get(socket)?.complete === false
}
