import { accessLog } from './access-log/access-log.js'
import { metrics } from './metrics/metrics.js'
import { traces } from './traces/traces.js'
import type { TelemetryKind } from './types.js'

/** The one table of kinds of telemetry, in the order they are told of things. */
export const TELEMETRY_KINDS: readonly TelemetryKind[] = [traces, metrics, accessLog]
