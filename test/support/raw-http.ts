import { connect } from 'node:net'

/** A response as it came over the socket. */
export interface RawResponse {
  readonly status: number
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** The server closed the connection by itself. */
  readonly wasClosed: boolean
}

/**
 * Writes bytes to a socket as they are and reads until the first response is whole, the server closes, or `waitMs` pass.
 * For requests no HTTP client would send.
 */
export function sendRaw(port: number, bytes: string | Buffer, waitMs = 3000): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    )
    const timer = setTimeout(() => finish(false), waitMs)
    const finish = (wasClosed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      if (received.length === 0) reject(new Error(wasClosed ? 'closed without an answer' : 'no answer'))
      else resolve(parseResponse(received, wasClosed))
    }
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      // Wait a moment after a whole response: whether the server closes is part of the answer.
      if (isWhole(received)) setTimeout(() => finish(false), 50)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => finish(true))
  })
}

function isWhole(received: Buffer): boolean {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return false
  const length = /^content-length: (\d+)$/im.exec(received.toString('latin1', 0, headEnd))
  return length === null
    ? /^HTTP\/1\.1 204/.test(received.toString('latin1'))
    : received.length >= headEnd + 4 + Number(length[1])
}

function parseResponse(received: Buffer, wasClosed: boolean): RawResponse {
  const text = received.toString('utf8')
  const headEnd = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, headEnd < 0 ? undefined : headEnd).split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers.set(name, headers.has(name) ? `${headers.get(name)!}, ${value}` : value)
  }
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    body: headEnd < 0 ? '' : text.slice(headEnd + 4),
    wasClosed,
  }
}
