import type { ExportResult } from '@opentelemetry/core'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPMetricExporter as GrpcExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import {
  PeriodicExportingMetricReader,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics'
import {
  BackendWatch,
  checkOtlp,
  inEnvironment,
  listOf,
  numberOf,
  OtlpConnections,
  otlpEndpointOf,
  otlpProtocolOf,
  TimedExports,
  type Warn,
} from '../otlp/index.js'
import { deltaDataOf } from './metric-data.js'
import { resourceOf } from './resource.js'
import { Deltas, temporalityOf } from './temporality.js'
import type { MetricsSnapshot, Teller } from './types.js'

/** How long the last of it may take at the end; ms. */
const CLOSE_TIMEOUT_MS = 3000

/** Sends metrics over OTLP now and then, as the `OTEL_*` variables say. */
export class OtlpReader {
  readonly #reader: PeriodicExportingMetricReader

  constructor(snapshot: () => MetricsSnapshot, teller: Teller) {
    const { env, logger, version } = teller
    const startedMs = Date.now()
    const warn: Warn = (message) => logger.warn(message)
    checkOtlp(env, 'METRICS', warn)
    for (const name of listOf(env, 'OTEL_METRICS_EXPORTER').filter((candidate) => candidate !== 'otlp')) {
      warn(`OTEL_METRICS_EXPORTER: ${JSON.stringify(name)} is none of otlp, none; left out`)
    }
    const protocol = otlpProtocolOf(env, 'METRICS', warn)
    const connections = new OtlpConnections(env, 'METRICS')
    const options = { httpAgentOptions: connections.agentFor }
    const exporter = inEnvironment(env, (): PushMetricExporter => {
      if (protocol === 'grpc') return new GrpcExporter()
      return protocol === 'http/json' ? new JsonExporter(options) : new ProtoExporter(options)
    })
    const watch = new BackendWatch(logger, 'metrics', otlpEndpointOf(env, 'METRICS', protocol, warn))
    const exportIntervalMillis = numberOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000, 1, warn)
    const timeoutMs = numberOf(env, 'OTEL_METRIC_EXPORT_TIMEOUT', 30_000, 1, warn)
    this.#reader = new PeriodicExportingMetricReader({
      exporter: watched(exporter, watch, new TimedExports(timeoutMs, () => connections.end())),
      exportIntervalMillis,
      exportTimeoutMillis: Math.min(exportIntervalMillis, timeoutMs),
    })
    const deltas = new Deltas(temporalityOf(env, warn))
    let lastMs = startedMs
    const scope = { name: 'protobridge', version }
    this.#reader.setMetricProducer({
      collect: () => {
        const nowMs = Date.now()
        const metrics = deltaDataOf(snapshot(), { startMs: startedMs, nowMs }, deltas, lastMs)
        lastMs = nowMs
        const resourceMetrics = { resource: resourceOf(teller), scopeMetrics: [{ scope, metrics }] }
        return Promise.resolve({ resourceMetrics, errors: [] })
      },
    })
  }

  /** Sends what there is, for a moment at most. */
  close(): Promise<void> {
    return this.#reader.shutdown({ timeoutMillis: CLOSE_TIMEOUT_MS }).catch(() => undefined)
  }
}

/** An exporter whose results come in time, and are told to a watch. */
function watched(exporter: PushMetricExporter, watch: BackendWatch, exports: TimedExports): PushMetricExporter {
  return {
    export(metrics: ResourceMetrics, onResult: (result: ExportResult) => void): void {
      const tell = exports.begin((result) => {
        if (result.code === ExportResultCode.SUCCESS) watch.succeeded()
        else watch.failed(result.error?.message ?? 'no answer')
        onResult(result)
      })
      exporter.export(metrics, tell)
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}
