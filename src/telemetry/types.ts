import type { Logger } from 'pino'
import type { Environment, TelemetryConfig } from '../config/index.js'
import type { RequestObserver } from '../exchange/index.js'
import type { Upstream } from '../upstream/index.js'
import type { MetricsSnapshot } from './metrics/types.js'

/** What kinds of telemetry need of the gateway they tell of. */
export interface TelemetryContext {
  /** The `OTEL_*` variables are read here. */
  readonly env: Environment
  /** Where telemetry tells of its own troubles. */
  readonly logger: Logger
  /** Of the gateway; part of the resource. */
  readonly version: string
  /** What is served at the moment, for what is observed at collection; undefined: nothing yet. */
  readonly current: () => Served | undefined
}

export interface Served {
  readonly generation: number
  /** Since the snapshot took over. */
  readonly ageSeconds: number
  readonly upstreams: readonly Upstream[]
  /** When the keys of issuers were last fetched, as Date.now(). */
  readonly keys: readonly { readonly provider: string; readonly fetchedAtMs: number }[]
}

/** A kind of telemetry that is on. */
export interface OpenTelemetryKind {
  /** What it wants to be told of requests; what is absent costs nothing. */
  readonly observer: Partial<RequestObserver>
  /** All that is counted, as plain values that can go from process to process; only metrics have it. */
  readonly metricsSnapshot?: () => MetricsSnapshot
  /** That in the Prometheus text format, with what other processes tell added up; only metrics have it. */
  readonly prometheus?: (others: readonly MetricsSnapshot[]) => Promise<string>
  /** Opens files anew: those it has may have been moved. */
  reopen?(): void
  /** Sends what it has, and stops. Never rejects, and takes no longer than a few seconds. */
  close(): Promise<void>
}

/** One kind of telemetry: a folder, and a line in the table of `kinds.ts`. */
export interface TelemetryKind {
  readonly name: string
  /**
   * The settings it depends on; undefined: it is off. While they are equal (as JSON), what is open stays open through
   * reloads.
   */
  settingsOf(config: TelemetryConfig, env: Environment): unknown
  /** Throws where it cannot be opened: a log file that cannot be written, say. The reload is refused then. */
  open(config: TelemetryConfig, context: TelemetryContext): OpenTelemetryKind
}
