import type { TelemetryConfig } from '../config/index.js'
import type { RequestObserver } from '../exchange/index.js'
import { combine } from './combine.js'
import { TELEMETRY_KINDS } from './kinds.js'
import { isSdkDisabled } from './otlp/index.js'
import type { MetricsSnapshot } from './metrics/types.js'
import type { OpenTelemetryKind, TelemetryContext, TelemetryKind } from './types.js'

interface Open {
  readonly key: string
  readonly opened: OpenTelemetryKind
}

/**
 * The telemetry of a gateway. It outlives snapshots: a reload that changes nothing of a kind keeps what that has open, its
 * counts and what waits to be sent included.
 */
export class Telemetry {
  readonly #context: TelemetryContext
  readonly #kinds: readonly TelemetryKind[]
  readonly #isDisabled: boolean
  /** Of the configuration that is served, by name of the kind. */
  #serving = new Map<string, Open>()
  /** Of the one that is being built. */
  #building = new Map<string, Open>()

  constructor(context: TelemetryContext, kinds: readonly TelemetryKind[] = TELEMETRY_KINDS) {
    this.#context = context
    this.#kinds = kinds
    this.#isDisabled = isSdkDisabled(context.env, (message) => context.logger.warn(message))
  }

  /**
   * Who observes the requests of a configuration that is being built; undefined: nobody.
   * @throws Error where a kind cannot be opened
   */
  observerFor(config: TelemetryConfig): RequestObserver | undefined {
    this.drop()
    if (this.#isDisabled) return undefined
    for (const kind of this.#kinds) {
      const settings = kind.settingsOf(config, this.#context.env)
      if (settings === undefined) continue
      const key = JSON.stringify(settings)
      const serving = this.#serving.get(kind.name)
      const open = serving?.key === key ? serving : { key, opened: kind.open(config, this.#context) }
      this.#building.set(kind.name, open)
    }
    return combine([...this.#building.values()].map(({ opened }) => opened.observer))
  }

  /** What was built last is served now: what it has no part in is closed. */
  keep(): void {
    const old = this.#serving
    this.#serving = this.#building
    this.#building = new Map()
    for (const [name, open] of old) if (this.#serving.get(name) !== open) void open.opened.close()
  }

  /** What was built last will not be served. */
  drop(): void {
    for (const [name, open] of this.#building) if (this.#serving.get(name) !== open) void open.opened.close()
    this.#building = new Map()
  }

  /** Files that are written may have been moved (logrotate). */
  reopen(): void {
    for (const { opened } of this.#serving.values()) opened.reopen?.()
  }

  /** All that is counted, for another process to add up; undefined: nothing is. */
  metricsSnapshot(): MetricsSnapshot | undefined {
    return this.#serving.get('metrics')?.opened.metricsSnapshot?.()
  }

  /**
   * In the Prometheus text format; undefined: metrics are not told so.
   * @param others what other processes tell, added up with what this one does
   */
  prometheus(others: readonly MetricsSnapshot[] = []): Promise<string> | undefined {
    return this.#serving.get('metrics')?.opened.prometheus?.(others)
  }

  /** Sends what waits to be sent, and stops. */
  async close(): Promise<void> {
    this.drop()
    await Promise.all([...this.#serving.values()].map(({ opened }) => opened.close()))
    this.#serving.clear()
  }
}
