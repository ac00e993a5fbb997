import { connect, type Socket } from 'node:net'

export interface LoadResult {
  readonly requests: number
  readonly failures: number
  readonly seconds: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTH = Buffer.from('content-length: ')

/**
 * Sends the same request over keep-alive connections, one at a time on each, for a while. Cheap on purpose: it shares
 * the machine with what it measures. Answers need a Content-Length, which every server here sends.
 */
export async function load(port: number, request: Buffer, connections: number, seconds: number): Promise<LoadResult> {
  const deadline = performance.now() + seconds * 1000
  const started = performance.now()
  const counts = await Promise.all(Array.from({ length: connections }, () => drive(port, request, deadline)))
  return {
    requests: counts.reduce((sum, { requests }) => sum + requests, 0),
    failures: counts.reduce((sum, { failures }) => sum + failures, 0),
    seconds: (performance.now() - started) / 1000,
  }
}

function drive(port: number, request: Buffer, deadline: number): Promise<{ requests: number; failures: number }> {
  return new Promise((resolve) => {
    let requests = 0
    let failures = 0
    let pending = Buffer.alloc(0)
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.setNoDelay(true)
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
  })
}

/** Where the first response in the buffer ends, or -1 while it has not all come. */
function responseEnd(buffer: Buffer): number {
  const headEnd = buffer.indexOf(HEAD_END)
  if (headEnd < 0) return -1
  const head = Buffer.from(buffer.toString('latin1', 0, headEnd).toLowerCase(), 'latin1')
  const at = head.indexOf(LENGTH)
  if (at < 0) throw new Error('an answer without Content-Length')
  const end = headEnd + 4 + parseInt(head.toString('latin1', at + LENGTH.length), 10)
  return buffer.length >= end ? end : -1
}
