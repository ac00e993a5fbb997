import type { Normalization } from './normalization.js'
import type { AccessLogConfig, TelemetryConfig } from './types.js'
import type { WrittenTelemetry } from './written.js'

export function normalizeTelemetry(written: WrittenTelemetry, at: Normalization): TelemetryConfig {
  const { traces, trustInbound = true, metrics, accessLog } = written
  return { traces, trustInbound, metrics, accessLog: normalizeAccessLog(accessLog, at) }
}

function normalizeAccessLog(written: WrittenTelemetry['accessLog'], at: Normalization): AccessLogConfig | undefined {
  const { format, file, fields } =
    typeof written === 'string' ? { format: written, file: undefined, fields: undefined } : written
  if (format === 'none') return undefined
  return { format, file: file === undefined ? undefined : at.path(file), fields }
}
