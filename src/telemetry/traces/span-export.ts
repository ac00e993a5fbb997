import type { Environment } from '../../config/index.js'
import { inEnvironment, type OtlpProtocol } from '../otlp/index.js'
import { RecordedSpan, type SpanParts } from './recorded-span.js'
import { TellingExporter, type ExportEvents } from './telling-exporter.js'

/** How spans are sent, as the environment has it. Plain data, which a thread can be given. */
export interface ExportSettings {
  /** Where the exporters read what is theirs alone: endpoint, headers, certificates. */
  readonly env: Environment
  readonly protocol: OtlpProtocol
  readonly resource: Readonly<Record<string, string | number>>
  /** Of protobridge. */
  readonly version: string
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  readonly delayMs: number
  readonly timeoutMs: number
}

/** Where spans go. */
export interface SpanExport {
  add(parts: SpanParts): void
  /** Sends what waits. */
  shutdown(): Promise<void>
}

/** Opens the SDK's batching processor and exporter, in this thread. They are imported here, which takes long. */
export async function openSpanExport(settings: ExportSettings, events: ExportEvents): Promise<SpanExport> {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { OTLPTraceExporter } = await importExporter(settings.protocol)
  const exporter = inEnvironment(settings.env, () => new OTLPTraceExporter())
  const processor = new BatchSpanProcessor(new TellingExporter(exporter, events), {
    maxQueueSize: settings.maxQueueSize,
    maxExportBatchSize: settings.maxBatchSize,
    scheduledDelayMillis: settings.delayMs,
    exportTimeoutMillis: settings.timeoutMs,
  })
  const toSpan = await spanMaker(settings)
  return { add: (parts) => processor.onEnd(toSpan(parts)), shutdown: () => processor.shutdown() }
}

/** To stdout, for trying out. */
export async function openConsoleExport(settings: ExportSettings): Promise<SpanExport> {
  const { ConsoleSpanExporter, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const processor = new SimpleSpanProcessor(new ConsoleSpanExporter())
  const toSpan = await spanMaker(settings)
  return { add: (parts) => processor.onEnd(toSpan(parts)), shutdown: () => processor.shutdown() }
}

async function spanMaker({
  resource: attributes,
  version,
}: ExportSettings): Promise<(parts: SpanParts) => RecordedSpan> {
  const { defaultResource, resourceFromAttributes } = await import('@opentelemetry/resources')
  const resource = defaultResource().merge(resourceFromAttributes(attributes))
  const scope = { name: 'protobridge', version }
  return (parts) => new RecordedSpan(parts, resource, scope)
}

function importExporter(protocol: OtlpProtocol) {
  switch (protocol) {
    case 'grpc':
      return import('@opentelemetry/exporter-trace-otlp-grpc')
    case 'http/json':
      return import('@opentelemetry/exporter-trace-otlp-http')
    case 'http/protobuf':
      return import('@opentelemetry/exporter-trace-otlp-proto')
  }
}
