import { HealthCheck, type HealthOptions } from './health/index.js'
import { OutlierDetector, OutlierRecord, type OutlierOptions } from './outlier/index.js'
import { PooledEndpoint } from './pooled-endpoint.js'
import type { Timer } from './resolvers/types.js'
import type { CallStatus, ConnectionOptions, ConnectivityState, Endpoint, EndpointView, Transport } from './types.js'

export interface PoolOptions {
  readonly transport: Transport
  readonly connection: ConnectionOptions
  /** Connects as soon as an endpoint is known. */
  readonly isEager: boolean
  /** undefined: endpoints are not asked. */
  readonly health: HealthOptions | undefined
  /** undefined: none is ejected. */
  readonly outlier: OutlierOptions | undefined
  /** Milliseconds, as Date.now(). */
  readonly now: () => number
  readonly setTimer: (delayMs: number, run: () => void) => Timer
  readonly random: () => number
  /** A connection failed or was lost: a good moment to ask the resolver again. */
  readonly onFailure: () => void
  /** An endpoint came up, went down, or its health changed: calls that wait may look again. */
  readonly onChange: () => void
  /** Something an operator wants to read later. */
  readonly onNote: (note: string) => void
}

/**
 * The endpoints of an upstream, one per address, each with its connection and health: kept while the address stays,
 * drained when it goes.
 */
export class EndpointPool {
  private readonly options: PoolOptions
  private readonly detector: OutlierDetector | undefined
  private current = new Map<string, PooledEndpoint>()
  private readonly leaving = new Set<PooledEndpoint>()
  private hasToldUnsupported = false
  private isClosed = false

  constructor(options: PoolOptions) {
    this.options = options
    const { outlier, now, setTimer } = options
    if (outlier !== undefined) {
      this.detector = new OutlierDetector(outlier, { now, setTimer, endpointCount: () => this.current.size })
    }
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
    for (const [address, pooled] of this.current) if (!next.has(address)) this.remove(pooled)
    this.current = next
    return [...next.values()]
  }

  /** An attempt on it has ended. @param isClientDeadline its deadline was the client's wish, shorter than ours */
  release(pooled: PooledEndpoint, status: CallStatus, isClientDeadline: boolean): void {
    pooled.inFlight -= 1
    if (pooled.isRemoved) {
      if (pooled.inFlight === 0) this.leaving.delete(pooled)
    } else if (pooled.outlier !== undefined && !this.isClosed) {
      // The connection tells of a failed attempt to connect until one succeeds.
      this.detector?.report(pooled.outlier, status, pooled.connection.lastError === undefined, isClientDeadline)
    }
  }

  /** The endpoints of these addresses, as far as they are in the set. */
  known(addresses: readonly string[]): readonly PooledEndpoint[] {
    return addresses.flatMap((address) => this.current.get(address) ?? [])
  }

  /** Calls that wait for a connection to be made. */
  callsOnUnconnected(): number {
    let calls = 0
    for (const pooled of this.current.values()) if (pooled.state !== 'READY') calls += pooled.inFlight
    return calls
  }

  close(): void {
    this.isClosed = true
    for (const pooled of [...this.current.values(), ...this.leaving]) {
      this.endChecks(pooled)
      pooled.connection.close()
    }
    this.leaving.clear()
  }

  /** @param source the scheme of the target that gave the endpoints */
  views(source: string): readonly EndpointView[] {
    return [...this.current.values(), ...this.leaving].map((pooled) => pooled.view(source))
  }

  private open(endpoint: Endpoint): PooledEndpoint {
    const { transport, connection: connectionOptions, now, isEager, health } = this.options
    const connection = transport.open(endpoint, connectionOptions)
    const pooled = new PooledEndpoint(endpoint, connection, new Date(now()).toISOString())
    if (health !== undefined) pooled.health = this.healthCheckOf(pooled, health)
    if (this.detector !== undefined) pooled.outlier = new OutlierRecord((record) => this.onEjection(pooled, record))
    connection.onStateChange((state) => this.onConnectionState(pooled, state))
    pooled.refresh(now())
    // What is asked how it is has to be connected.
    if (isEager || health !== undefined) connection.connect()
    return pooled
  }

  private remove(pooled: PooledEndpoint): void {
    pooled.isRemoved = true
    this.endChecks(pooled)
    if (pooled.inFlight > 0) this.leaving.add(pooled)
    pooled.connection.drain()
  }

  private endChecks(pooled: PooledEndpoint): void {
    pooled.health?.stop()
    if (pooled.outlier !== undefined) this.detector?.forget(pooled.outlier)
  }

  private onConnectionState(pooled: PooledEndpoint, state: ConnectivityState): void {
    const { now, onFailure, onChange, health, setTimer } = this.options
    pooled.health?.onConnectionState(state)
    pooled.refresh(now())
    if (pooled.isRemoved || this.isClosed) return
    // As gRPC does: a server that ends its connections (GOAWAY) may be leaving, or wants calls spread anew (gRFC A9).
    if (state === 'TRANSIENT_FAILURE' || state === 'IDLE') onFailure()
    // Later: the connection is still putting away the one that was lost.
    if (state === 'IDLE' && health !== undefined) setTimer(0, () => this.reconnect(pooled))
    if (state === 'READY' || state === 'TRANSIENT_FAILURE') onChange()
  }

  private reconnect(pooled: PooledEndpoint): void {
    if (!pooled.isRemoved && !this.isClosed) pooled.connection.connect()
  }

  private healthCheckOf(pooled: PooledEndpoint, options: HealthOptions): HealthCheck {
    const { now, setTimer, random, onChange, onNote } = this.options
    return new HealthCheck(pooled.connection, options, {
      now,
      setTimer,
      random,
      onVerdict: () => {
        const wasHealthy = pooled.isHealthy
        pooled.refresh(now())
        const { address } = pooled.endpoint
        if (pooled.health?.verdict === 'unhealthy') onNote(`${address} is unhealthy: ${pooled.health.error}`)
        else if (!wasHealthy) onNote(`${address} is healthy again`)
        onChange()
      },
      onUnsupported: () => {
        if (this.hasToldUnsupported) return
        this.hasToldUnsupported = true
        onNote(
          `${pooled.endpoint.address} has no grpc.health.v1.Health: endpoints without it count as healthy while they are connected`,
        )
      },
    })
  }

  private onEjection(pooled: PooledEndpoint, record: OutlierRecord): void {
    const { now, onNote, onChange } = this.options
    pooled.refresh(now())
    const { address } = pooled.endpoint
    if (record.isEjected) {
      const { consecutiveErrors, ejectionMs, lastError } = record
      onNote(
        `${address} is ejected for ${ejectionMs / 1000} s: ${consecutiveErrors} errors in a row, the last ${lastError}`,
      )
    } else {
      onNote(`${address} is back in the rotation`)
    }
    onChange()
  }
}
