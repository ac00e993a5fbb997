import type { SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Environment } from '../../config/index.js'
import { inEnvironment, OtlpConnections, type OtlpProtocol } from '../otlp/index.js'
import { RecordedSpan } from './recorded-span.js'
import { spanPartsMaker, type SpanOptions } from './span-parts.js'
import { recordOf, type EndedSpan, type SpanRow } from './span-row.js'
import { TellingExporter, type ExportEvents } from './telling-exporter.js'

/** How spans are sent, as the environment has it. Plain data, which a thread can be given. */
export interface ExportSettings {
  /** Where the exporters read what is theirs alone: endpoint, headers, certificates. */
  readonly env: Environment
  readonly protocol: OtlpProtocol
  readonly resource: Readonly<Record<string, string | number>>
  /** Of protobridge. */
  readonly version: string
  readonly spans: SpanOptions
  readonly maxQueueSize: number
  readonly maxBatchSize: number
  readonly delayMs: number
  readonly timeoutMs: number
}

/** The processor's own time-out comes so much after ours, which tells what became of the batch and ends it; ms. */
const AFTER_MS = 1000

/** Where spans go on their way out. */
export interface SpanSink {
  add(span: EndedSpan): void
  /** Sends what waits. */
  shutdown(): Promise<void>
}

/** Where their rows become the SDK's. */
export interface SpanExport {
  add(row: SpanRow): void
  /** Sends what waits. */
  shutdown(): Promise<void>
}

/** Opens the SDK's batching processor and exporter, in this thread. They are imported here, which takes long. */
export async function openSpanExport(settings: ExportSettings, events: ExportEvents): Promise<SpanExport> {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const { env, timeoutMs } = settings
  const connections = new OtlpConnections(env, 'TRACES')
  const make = await exporterMaker(settings.protocol, connections)
  const exporter = inEnvironment(env, make)
  const processor = new BatchSpanProcessor(new TellingExporter(exporter, events, timeoutMs, () => connections.end()), {
    maxQueueSize: settings.maxQueueSize,
    maxExportBatchSize: settings.maxBatchSize,
    scheduledDelayMillis: settings.delayMs,
    exportTimeoutMillis: timeoutMs + AFTER_MS,
  })
  const toSpan = await spanMaker(settings)
  return { add: (row) => processor.onEnd(toSpan(row)), shutdown: () => processor.shutdown() }
}

/** To stdout, for trying out. */
export async function openConsoleExport(settings: ExportSettings): Promise<SpanExport> {
  const { ConsoleSpanExporter, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const processor = new SimpleSpanProcessor(new ConsoleSpanExporter())
  const toSpan = await spanMaker(settings)
  return { add: (row) => processor.onEnd(toSpan(row)), shutdown: () => processor.shutdown() }
}

async function spanMaker({
  resource: attributes,
  version,
  spans,
}: ExportSettings): Promise<(row: SpanRow) => RecordedSpan> {
  const { defaultResource, resourceFromAttributes } = await import('@opentelemetry/resources')
  const resource = defaultResource().merge(resourceFromAttributes(attributes))
  const scope = { name: 'protobridge', version }
  const partsOf = spanPartsMaker(spans)
  return (row) => new RecordedSpan(partsOf(recordOf(row)), resource, scope)
}

/** gRPC's calls have a deadline, whatever a backend does, and connections of their own. */
async function exporterMaker(
  protocol: OtlpProtocol,
  { agentFor: httpAgentOptions }: OtlpConnections,
): Promise<() => SpanExporter> {
  switch (protocol) {
    case 'grpc': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc')
      return () => new OTLPTraceExporter()
    }
    case 'http/json': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
      return () => new OTLPTraceExporter({ httpAgentOptions })
    }
    case 'http/protobuf': {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto')
      return () => new OTLPTraceExporter({ httpAgentOptions })
    }
  }
}
