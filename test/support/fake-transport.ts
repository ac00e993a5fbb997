import type {
  Call,
  CallOptions,
  CallStatus,
  Connection,
  ConnectionOptions,
  ConnectivityState,
  Endpoint,
  StreamCall,
  StreamHandler,
  Transport,
  UnaryResult,
} from '../../src/upstream/index.js'

/** A status as a server sends it. */
export const peer = (code: number, message = ''): CallStatus => ({
  code,
  message,
  details: undefined,
  origin: 'peer',
  isUnprocessed: false,
})

/** A status as a transport makes it. */
export const local = (code: number, message = '', isUnprocessed = false): CallStatus => ({
  ...peer(code, message),
  origin: 'local',
  isUnprocessed,
})

/** A call that ends as the test says. */
export class FakeCall {
  readonly options: CallOptions
  readonly sent: Uint8Array[] = []
  isCancelled = false
  isHalfClosed = false
  private readonly handler: StreamHandler
  private isOver = false

  constructor(options: CallOptions, handler: StreamHandler) {
    this.options = options
    this.handler = handler
  }

  answer(message: Uint8Array | readonly number[]): void {
    if (!this.isOver) this.handler.onMessage(Uint8Array.from(message))
  }

  end(status: CallStatus): void {
    if (this.isOver) return
    this.isOver = true
    this.handler.onEnd(status, [])
  }

  get isOpen(): boolean {
    return !this.isOver
  }
}

/** A connection in the state the test gives it; its calls are kept, the last one last. */
export class FakeConnection implements Connection {
  state: ConnectivityState = 'IDLE'
  lastError: string | undefined
  connects = 0
  readonly calls: FakeCall[] = []
  readonly endpoint: Endpoint
  private readonly listeners: ((state: ConnectivityState) => void)[] = []

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  /** The last call. */
  get call(): FakeCall {
    return this.calls.at(-1)!
  }

  become(state: ConnectivityState, lastError?: string): void {
    this.state = state
    this.lastError = lastError
    for (const listener of this.listeners) listener(state)
  }

  unary(options: CallOptions, message: Uint8Array, onEnd: (result: UnaryResult) => void): Call {
    let answer: Uint8Array | undefined
    const call = this.stream(options, {
      onHeaders: () => undefined,
      onDrain: () => undefined,
      onMessage: (received) => (answer = received),
      onEnd: (status) =>
        onEnd({ status, headers: [], trailers: [], message: status.code === 0 ? (answer ?? EMPTY) : undefined }),
    })
    call.send(message)
    call.halfClose()
    return call
  }

  stream(options: CallOptions, handler: StreamHandler): StreamCall {
    const call = new FakeCall(options, handler)
    this.calls.push(call)
    return {
      send: (message) => (call.sent.push(message), true),
      halfClose: () => (call.isHalfClosed = true),
      pause: () => undefined,
      resume: () => undefined,
      cancel: () => {
        call.isCancelled = true
        call.end(local(1, 'the call was cancelled'))
      },
    }
  }

  connect(): void {
    this.connects += 1
  }

  onStateChange(listener: (state: ConnectivityState) => void): void {
    this.listeners.push(listener)
  }

  drain(): void {
    this.close()
  }

  close(): void {
    this.become('SHUTDOWN')
  }
}

const EMPTY = new Uint8Array(0)

/** Opens connections that do as told; by address. */
export class FakeTransport implements Transport {
  readonly name = 'fake'
  readonly connections = new Map<string, FakeConnection>()

  open(endpoint: Endpoint, _options: ConnectionOptions): FakeConnection {
    const connection = new FakeConnection(endpoint)
    this.connections.set(endpoint.address, connection)
    return connection
  }
}
