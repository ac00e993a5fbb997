import { setImmediate } from 'node:timers/promises'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { MetricData } from '@opentelemetry/sdk-metrics'
import { metricDataOf } from './metric-data.js'
import { resourceOf } from './resource.js'
import type { MetricsSnapshot, Teller } from './types.js'

/** Series that are written in one go: requests are served in between. */
const SLICE = 200

/**
 * Units as Prometheus appends them to names (OpenTelemetry's "Prometheus and OpenMetrics Compatibility", "Unit"); `1` on
 * a gauge is a ratio.
 */
const UNIT_SUFFIXES: Readonly<Record<string, string>> = {
  s: '_seconds',
  ms: '_milliseconds',
  By: '_bytes',
  '1': '_ratio',
}

/** The text format of Prometheus, version 0.0.4. */
export async function prometheusText(snapshot: MetricsSnapshot, teller: Teller): Promise<string> {
  const now = Date.now()
  const resource = resourceOf(teller)
  const parts = [new PrometheusSerializer().serialize({ resource, scopeMetrics: [] }).replace(/# no registered.*/, '')]
  // What all series have in common is told once, of the target.
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  const textOf = (metric: MetricData): string =>
    serializer.serialize({ resource, scopeMetrics: [{ scope: { name: 'protobridge' }, metrics: [metric] }] })
  for (const metric of metricDataOf(snapshot, { startMs: now, nowMs: now }).map(withSuffix)) {
    const { dataPoints } = metric
    for (let from = 0; from < dataPoints.length; from += SLICE) {
      const text = textOf({ ...metric, dataPoints: dataPoints.slice(from, from + SLICE) } as MetricData)
      parts.push(from === 0 ? text : text.replace(/^(?:#.*\n)+/, ''))
      await setImmediate()
    }
  }
  return parts.join('')
}

function withSuffix(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor
  const suffix = UNIT_SUFFIXES[unit] ?? ''
  // `# UNIT` wants the unit in words, at the end of the name; there is none for counts of things.
  const descriptor = { ...metric.descriptor, name: name + suffix, unit: suffix.slice(1) }
  return { ...metric, descriptor }
}
