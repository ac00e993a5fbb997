/** `upstreams.NAME.health`: what is asked of each endpoint, and how. */
export interface HealthOptions {
  /** The service asked for; `''`: the server as a whole. */
  readonly service: string
  /** Between two questions, where the server cannot be watched. */
  readonly intervalMs: number
  /** How long an answer may take. */
  readonly timeoutMs: number
}

/** What an endpoint's health is known to be; `pending`: connected, not answered yet, or not connected. */
export type HealthVerdict = 'pending' | 'healthy' | 'unhealthy'
