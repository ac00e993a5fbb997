export type { OpenTelemetryKind, TelemetryContext, TelemetryKind } from './types.js'
export { Telemetry } from './telemetry.js'
