import type { TelemetryContext } from '../types.js'

/** Who tells, and where troubles with that are told. */
export type Teller = Pick<TelemetryContext, 'env' | 'version' | 'logger'>

/** What a series is told apart by: values of the configuration and of fixed sets, never text that clients send. */
export type Attributes = Readonly<Record<string, string | number>>

export interface NumberSeries {
  readonly attributes: Attributes
  readonly value: number
}

export interface HistogramSeries {
  readonly attributes: Attributes
  readonly sum: number
  /** One for each bound, and one for what is above the last. */
  readonly counts: readonly number[]
}

/** Series by name of their metric: plain values, as JSON carries them from process to process. */
export type MetricsSnapshot = Readonly<Record<string, readonly (NumberSeries | HistogramSeries)[]>>

/** A metric, as it is told and as the documentation has it. */
export interface MetricDefinition {
  /** As OpenTelemetry has it; for Prometheus `_` stands for `.`, and the unit follows. */
  readonly name: string
  readonly kind: 'histogram' | 'counter' | 'up-down counter' | 'gauge'
  /** UCUM, as OpenTelemetry has it. */
  readonly unit: string
  readonly meaning: string
  /** Names of what series are told apart by. */
  readonly attributes: readonly string[]
  /** Of histograms. */
  readonly bounds?: readonly number[]
  /** What several processes tell of one thing is: all of it together, or what is most. */
  readonly merge: 'sum' | 'max'
  /** Of counters: looked at when it is asked for, and not added up here (an observable counter, as OpenTelemetry says). */
  readonly isObserved?: boolean
}
