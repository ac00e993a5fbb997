import { connect, type Socket } from 'node:net'

/** A response as it came over the socket. */
export interface RawResponse {
  readonly status: number
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Name and value of each header line, in order, names as sent. */
  readonly headerLines: readonly (readonly [name: string, value: string])[]
  readonly body: string
  readonly bytes: Buffer
}

/** A connection on which requests are written as bytes and responses read one by one. For what no HTTP client does. */
export class RawConnection {
  readonly socket: Socket
  private chunks: Buffer[] = []
  private length = 0
  private isClosed = false
  private wake: (() => void) | undefined

  constructor(port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host, noDelay: true })
    this.socket.on('data', (chunk) => {
      this.chunks.push(chunk)
      this.length += chunk.length
      this.wake?.()
    })
    this.socket.on('error', () => undefined)
    for (const event of ['end', 'close']) {
      this.socket.on(event, () => {
        this.isClosed = true
        this.wake?.()
      })
    }
  }

  write(bytes: string | Uint8Array): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /**
   * The next response, interim ones (1xx) too.
   * @param options.isHead it answers HEAD: no body, whatever Content-Length says
   */
  async response(options: { readonly isHead?: boolean; readonly waitMs?: number } = {}): Promise<RawResponse> {
    const { isHead = false, waitMs = 10_000 } = options
    const end = Date.now() + waitMs
    // Only as often as it may be whole: large bodies come in many chunks.
    let awaited = 1
    for (;;) {
      if (this.length >= awaited) {
        const received = this.received
        const size = sizeOfFirst(received, isHead)
        if (size !== undefined && received.length >= size) {
          this.keep(received.subarray(size))
          return parseResponse(received.subarray(0, size))
        }
        awaited = size ?? this.length + 1
      }
      if (this.isClosed && this.length > 0) return parseResponse(this.received)
      if (this.isClosed) throw new Error('closed without an answer')
      const left = end - Date.now()
      if (left <= 0) throw new Error(`no answer within ${waitMs} ms: ${this.rest.slice(0, 500)}`)
      await this.wait(left)
    }
  }

  /** Resolves when the server has ended its side; rejects if it does not in time. */
  async closed(waitMs = 10_000): Promise<void> {
    const end = Date.now() + waitMs
    while (!this.isClosed) {
      const left = end - Date.now()
      if (left <= 0) throw new Error(`not closed within ${waitMs} ms`)
      await this.wait(left)
    }
  }

  /** What has come and belongs to no response read so far. */
  get rest(): string {
    return this.received.toString('latin1')
  }

  private get received(): Buffer {
    const all = this.chunks.length === 1 ? this.chunks[0]! : Buffer.concat(this.chunks)
    this.keep(all)
    return all
  }

  private keep(bytes: Buffer): void {
    this.chunks = [bytes]
    this.length = bytes.length
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Until something comes, the server closes, or the time is over. */
  private wait(ms: number): Promise<void> {
    if (this.isClosed) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer)
        this.wake = undefined
        resolve()
      }
      const timer = setTimeout(finish, ms)
      this.wake = finish
    })
  }
}

/** Writes bytes on a connection of its own and reads the first response that is not an interim one. */
export async function sendRaw(
  port: number,
  bytes: string | Uint8Array,
  options: { readonly isHead?: boolean; readonly waitMs?: number } = {},
): Promise<RawResponse> {
  const connection = new RawConnection(port).write(bytes)
  try {
    for (;;) {
      const response = await connection.response(options)
      if (response.status >= 200) return response
    }
  } finally {
    connection.destroy()
  }
}

/** A request of HTTP/1.1 with a Host; a body gets its length. */
export function request(method: string, target: string, headers: readonly string[] = [], body?: string): string {
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const head = [`${method} ${target} HTTP/1.1`, 'Host: a', ...length, ...headers, '', ''].join('\r\n')
  return head + Buffer.from(body ?? '', 'utf8').toString('latin1')
}

/** How many bytes the first response takes; undefined: its head is not whole. The gateway always tells a length. */
function sizeOfFirst(received: Buffer, isHead: boolean): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const head = received.toString('latin1', 0, headEnd)
  const size = headEnd + 4
  if (isHead || /^HTTP\/1\.1 (?:1\d\d|204|304)/.test(head)) return size
  const length = /^content-length: (\d+)$/im.exec(head)
  return length === null ? Infinity : size + Number(length[1])
}

function parseResponse(received: Buffer): RawResponse {
  const headEnd = received.indexOf('\r\n\r\n')
  const head = received.toString('latin1', 0, headEnd < 0 ? undefined : headEnd)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Map<string, string>()
  const headerLines = lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
  })
  for (const [sent, value] of headerLines) {
    const name = sent.toLowerCase()
    headers.set(name, headers.has(name) ? `${headers.get(name)!}, ${value}` : value)
  }
  const bytes = headEnd < 0 ? Buffer.alloc(0) : received.subarray(headEnd + 4)
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    headerLines,
    body: bytes.toString('utf8'),
    bytes,
  }
}
