export type { OpenTelemetryKind, TelemetryContext, TelemetryKind } from './types.js'
export type { MetricsSnapshot } from './metrics/types.js'
export { prometheusOf } from './metrics/metrics.js'
export { Telemetry } from './telemetry.js'
