import type { Environment } from '../../config/index.js'
import { textOf, type Warn } from '../otlp/index.js'
import { isHistogram, keyOf } from './series-set.js'
import type { HistogramSeries, MetricDefinition, NumberSeries } from './types.js'

/**
 * Which metrics are told as what has come since the last time, and not as what there is since the beginning
 * (https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/otlp/, "Additional environment variable configuration").
 */
export type Temporality = 'cumulative' | 'delta' | 'lowmemory'

const TEMPORALITIES: readonly string[] = ['cumulative', 'delta', 'lowmemory'] satisfies Temporality[]
const VARIABLE = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'

export function temporalityOf(env: Environment, warn: Warn): Temporality {
  const text = textOf(env, VARIABLE)
  if (text === undefined) return 'cumulative'
  const name = text.toLowerCase()
  if (TEMPORALITIES.includes(name)) return name as Temporality
  warn(`${VARIABLE}: ${JSON.stringify(text)} is none of ${TEMPORALITIES.join(', ')}; taken is cumulative`)
  return 'cumulative'
}

/** Whether a metric is told by what has come: never of what goes up and down, where that would say nothing. */
export function isDelta({ kind, isObserved }: MetricDefinition, temporality: Temporality): boolean {
  if (temporality === 'cumulative' || (kind !== 'counter' && kind !== 'histogram')) return false
  return temporality === 'delta' || isObserved !== true
}

type Series = NumberSeries | HistogramSeries

/** What counts have been told, so that the next time it is what has come since. */
export class Deltas {
  readonly #temporality: Temporality
  /** By metric, and by what tells its series apart. */
  readonly #told = new Map<string, Map<string, Series>>()

  constructor(temporality: Temporality) {
    this.#temporality = temporality
  }

  isDelta(metric: MetricDefinition): boolean {
    return isDelta(metric, this.#temporality)
  }

  /** Takes what there is since the beginning; gives what has come since it was asked last, without series where nothing has. */
  take({ name }: MetricDefinition, series: readonly Series[]): readonly Series[] {
    const before = this.#told.get(name)
    this.#told.set(name, new Map(series.map((one) => [keyOf(one.attributes), one])))
    return series.flatMap((one) => {
      const told = before?.get(keyOf(one.attributes))
      if (!isHistogram(one)) {
        const value = one.value - (told === undefined || isHistogram(told) ? 0 : told.value)
        return value === 0 ? [] : { ...one, value }
      }
      const last = told !== undefined && isHistogram(told) ? told : undefined
      const counts = one.counts.map((count, index) => count - (last?.counts[index] ?? 0))
      return counts.every((count) => count === 0) ? [] : { ...one, sum: one.sum - (last?.sum ?? 0), counts }
    })
  }
}
