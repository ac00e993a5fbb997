import type { Candidate } from './balancers/index.js'
import type { HealthCheck } from './health/index.js'
import type { OutlierRecord } from './outlier/index.js'
import type { Connection, ConnectivityState, Endpoint, EndpointView } from './types.js'

/**
 * An endpoint in use: its connection, how many calls are on it, and how it is doing. What balancers read is kept in
 * plain fields, set when something changes: picks are many, changes few.
 */
export class PooledEndpoint implements Candidate {
  inFlight = 0
  /** Taken out of the set: lives until its calls have ended. */
  isRemoved = false
  endpoint: Endpoint
  readonly connection: Connection
  /** When discovery first told of it, ISO 8601. */
  readonly since: string
  /** The connection's; CONNECTING until a first health check has answered. */
  state: ConnectivityState
  /** False while ejected, or while its health check says no. */
  isHealthy = true
  /** False while its health check says no. */
  isServing = true
  /** When calls could first be sent to it, or again after it was down or unhealthy; ms, 0: not yet. */
  readySinceMs = 0
  /** Connected or connecting, and a health check has yet to say whether calls may go there. */
  isAwaitingHealth = false
  health: HealthCheck | undefined
  outlier: OutlierRecord | undefined
  /** False: it was down or unhealthy, and starts anew. A connection lost and made again is no new start. */
  private isWarm = false

  constructor(endpoint: Endpoint, connection: Connection, since: string) {
    this.endpoint = endpoint
    this.connection = connection
    this.since = since
    this.state = connection.state
  }

  /** Brings the fields up to date with connection, health check and ejection. */
  refresh(nowMs: number): void {
    const { connection, health, outlier } = this
    const isDown = connection.state === 'TRANSIENT_FAILURE' || connection.state === 'SHUTDOWN'
    this.isAwaitingHealth = health !== undefined && health.verdict === 'pending' && !isDown
    this.state = this.isAwaitingHealth ? 'CONNECTING' : connection.state
    this.isServing = health?.verdict !== 'unhealthy'
    this.isHealthy = this.isServing && outlier?.isEjected !== true
    if (isDown || !this.isHealthy) this.isWarm = false
    else if (!this.isWarm && this.state === 'READY') {
      this.isWarm = true
      this.readySinceMs = nowMs
    }
  }

  /** @param source the scheme of the target that gave it */
  view(source: string): EndpointView {
    const { endpoint, health, outlier } = this
    return {
      address: endpoint.address,
      state: this.viewedState(),
      weight: endpoint.weight,
      inFlight: this.inFlight,
      ejections: outlier?.ejections ?? 0,
      lastError: health?.error ?? this.connection.lastError ?? outlier?.lastError,
      source,
      since: this.since,
      zone: endpoint.zone,
      tags: endpoint.tags,
      meta: endpoint.meta,
    }
  }

  private viewedState(): string {
    if (this.isRemoved) return 'DRAINING'
    if (this.outlier?.isEjected === true) return 'EJECTED'
    return this.isHealthy ? this.state : 'UNHEALTHY'
  }
}
