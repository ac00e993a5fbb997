import type { Candidate } from './balancers/index.js'
import type { Connection, ConnectionOptions, ConnectivityState, Endpoint, EndpointView, Transport } from './types.js'

/** An endpoint in use: its connection, and how many calls are on it. */
export class PooledEndpoint implements Candidate {
  inFlight = 0
  /** Taken out of the set: lives until its calls have ended. */
  isRemoved = false
  endpoint: Endpoint
  readonly connection: Connection
  /** When discovery first told of it, ISO 8601. */
  readonly since: string

  constructor(endpoint: Endpoint, connection: Connection, since: string) {
    this.endpoint = endpoint
    this.connection = connection
    this.since = since
  }

  get state(): ConnectivityState {
    return this.connection.state
  }
}

export interface PoolOptions {
  readonly transport: Transport
  readonly connection: ConnectionOptions
  /** Connects as soon as an endpoint is known. */
  readonly isEager: boolean
  /** Milliseconds, as Date.now(). */
  readonly now: () => number
  /** A connection failed: a good moment to ask the resolver again. */
  readonly onFailure: () => void
}

/** The connections of an upstream, one per address: kept while the address stays, drained when it goes. */
export class EndpointPool {
  private readonly options: PoolOptions
  private current = new Map<string, PooledEndpoint>()
  private readonly leaving = new Set<PooledEndpoint>()

  constructor(options: PoolOptions) {
    this.options = options
  }

  /** Takes a complete new set; returns it as candidates, in its order. */
  update(endpoints: readonly Endpoint[]): readonly PooledEndpoint[] {
    const next = new Map<string, PooledEndpoint>()
    for (const endpoint of endpoints) {
      if (next.has(endpoint.address)) continue
      const known = this.current.get(endpoint.address)
      if (known === undefined) {
        next.set(endpoint.address, this.open(endpoint))
      } else {
        known.endpoint = endpoint
        next.set(endpoint.address, known)
      }
    }
    for (const [address, pooled] of this.current) {
      if (next.has(address)) continue
      pooled.isRemoved = true
      if (pooled.inFlight > 0) this.leaving.add(pooled)
      pooled.connection.drain()
    }
    this.current = next
    return [...next.values()]
  }

  /** A call on it has ended. */
  release(pooled: PooledEndpoint): void {
    pooled.inFlight -= 1
    if (pooled.isRemoved && pooled.inFlight === 0) this.leaving.delete(pooled)
  }

  close(): void {
    for (const { connection } of [...this.current.values(), ...this.leaving]) connection.close()
    this.leaving.clear()
  }

  /** @param source the scheme of the target that gave the endpoints */
  views(source: string): readonly EndpointView[] {
    return [...this.current.values(), ...this.leaving].map((pooled) => ({
      address: pooled.endpoint.address,
      state: pooled.isRemoved ? 'DRAINING' : pooled.state,
      weight: pooled.endpoint.weight,
      inFlight: pooled.inFlight,
      ejections: 0,
      lastError: pooled.connection.lastError,
      source,
      since: pooled.since,
    }))
  }

  private open(endpoint: Endpoint): PooledEndpoint {
    const { transport, connection: connectionOptions, now, isEager, onFailure } = this.options
    const connection = transport.open(endpoint, connectionOptions)
    connection.onStateChange((state) => {
      if (state === 'TRANSIENT_FAILURE') onFailure()
    })
    if (isEager) connection.connect()
    return new PooledEndpoint(endpoint, connection, new Date(now()).toISOString())
  }
}
