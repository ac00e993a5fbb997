import { ValueType, type HrTime } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import { AggregationTemporality, DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import { METRICS } from './catalogue.js'
import { isHistogram } from './series-set.js'
import type { Deltas } from './temporality.js'
import type { HistogramSeries, MetricDefinition, MetricsSnapshot, NumberSeries } from './types.js'

/** Time that values are of; ms. */
export interface Period {
  readonly startMs: number
  readonly nowMs: number
}

/** A snapshot as OpenTelemetry's readers take it: cumulative, from a start that all series share. */
export function metricDataOf(snapshot: MetricsSnapshot, period: Period): MetricData[] {
  return METRICS.flatMap((metric) => dataIfAny(metric, snapshot[metric.name] ?? [], period))
}

/**
 * The same, with some metrics by what has come since the last time they were asked for.
 * @param lastMs when that was
 */
export function deltaDataOf(snapshot: MetricsSnapshot, period: Period, deltas: Deltas, lastMs: number): MetricData[] {
  return METRICS.flatMap((metric) => {
    const series = snapshot[metric.name] ?? []
    if (!deltas.isDelta(metric)) return dataIfAny(metric, series, period)
    return dataIfAny(metric, deltas.take(metric, series), { ...period, startMs: lastMs }, AggregationTemporality.DELTA)
  })
}

function dataIfAny(
  metric: MetricDefinition,
  series: readonly (NumberSeries | HistogramSeries)[],
  { startMs, nowMs }: Period,
  temporality = AggregationTemporality.CUMULATIVE,
): MetricData[] {
  const times = { startTime: millisToHrTime(startMs), endTime: millisToHrTime(nowMs) }
  return series.length === 0 ? [] : [dataOf(metric, series, times, temporality)]
}

function dataOf(
  metric: MetricDefinition,
  series: readonly (NumberSeries | HistogramSeries)[],
  times: { readonly startTime: HrTime; readonly endTime: HrTime },
  aggregationTemporality: AggregationTemporality,
): MetricData {
  const { name, kind, unit, meaning, bounds = [] } = metric
  // What links to other pages is for those.
  const description = meaning.replace(/ \(\[.*\)$/, '').replaceAll('`', '')
  const common = {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality,
  }
  const numbers = series.flatMap((one) =>
    isHistogram(one) ? [] : { ...times, attributes: one.attributes, value: one.value },
  )
  if (kind === 'gauge') return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: numbers }
  if (kind !== 'histogram') {
    return { ...common, dataPointType: DataPointType.SUM, isMonotonic: kind === 'counter', dataPoints: numbers }
  }
  const dataPoints = series.flatMap((one) => {
    if (!isHistogram(one)) return []
    const { attributes, sum, counts } = one
    const count = counts.reduce((total, inBucket) => total + inBucket, 0)
    return { ...times, attributes, value: { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count } }
  })
  return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }
}
