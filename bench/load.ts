import { connect, type Socket } from 'node:net'

export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly seconds: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('content-length: ')

/** How many connections are being opened at a time: more than a listener's backlog would be refused for a second. */
const CONNECTING = 256

/** Opens keep-alive connections to a server on loopback. */
export async function openConnections(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const opening = Array.from({ length: Math.min(CONNECTING, count - sockets.length) }, () => open(port))
    sockets.push(...(await Promise.all(opening)))
  }
  return sockets
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.setNoDelay(true)
    socket.once('error', reject)
  })
}

/**
 * Sends the same request over keep-alive connections, one at a time on each, for a while. Cheap on purpose: it shares
 * the machine with what it measures. Answers need a Content-Length, which every server here sends.
 * @param onOpen waited for once the connections are open, before any request
 */
export async function load(
  port: number,
  request: Buffer,
  connections: number,
  seconds: number,
  onOpen?: () => Promise<void>,
): Promise<LoadResult> {
  const sockets = await openConnections(port, connections)
  await onOpen?.()
  const started = performance.now()
  const deadline = started + seconds * 1000
  const counts = await Promise.all(sockets.map((socket) => drive(socket, request, deadline)))
  return {
    requests: counts.reduce((sum, { requests }) => sum + requests, 0),
    failures: counts.reduce((sum, { failures }) => sum + failures, 0),
    seconds: (performance.now() - started) / 1000,
  }
}

function drive(socket: Socket, request: Buffer, deadline: number): Promise<{ requests: number; failures: number }> {
  return new Promise((resolve) => {
    let requests = 0
    let failures = 0
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const end = responseEnd(pending)
      if (end < 0) return
      if (pending.toString('latin1', 9, 12) !== '200') failures++
      requests++
      pending = pending.subarray(end)
      if (performance.now() < deadline) socket.write(request)
      else socket.end()
    })
    socket.on('error', () => failures++)
    socket.on('close', () => resolve({ requests, failures }))
    socket.write(request)
  })
}

/** Where the first response in the buffer ends, or -1 while it has not all come. */
export function responseEnd(buffer: Buffer): number {
  const headEnd = buffer.indexOf(HEAD_END)
  if (headEnd < 0) return -1
  const head = Buffer.from(buffer.toString('latin1', 0, headEnd).toLowerCase(), 'latin1')
  const at = head.indexOf(LENGTH)
  if (at < 0) throw new Error('an answer without Content-Length')
  const end = headEnd + 4 + parseInt(head.toString('latin1', at + LENGTH.length), 10)
  return buffer.length >= end ? end : -1
}
