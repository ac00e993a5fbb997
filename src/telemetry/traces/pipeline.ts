import type { Resource } from '@opentelemetry/resources'
import {
  BackendWatch,
  inEnvironment,
  numberOf,
  otlpEndpointOf,
  otlpProtocolOf,
  resourceAttributes,
  type OtlpProtocol,
  type Warn,
} from '../otlp/index.js'
import type { TelemetryContext } from '../types.js'
import { RecordedSpan, type SpanParts } from './recorded-span.js'
import { TellingExporter } from './telling-exporter.js'

/** A value of `OTEL_TRACES_EXPORTER`. */
export type ExporterName = 'otlp' | 'console'

/** A gateway that ends waits no longer than this for a backend to take the last spans. */
const CLOSE_TIMEOUT_MS = 3000

/** Where one exporter takes spans. */
interface Way {
  add(span: RecordedSpan): void
  shutdown(): Promise<void>
}

interface Loaded {
  readonly resource: Resource
  readonly ways: readonly Way[]
}

/**
 * Where finished spans go: the SDK's batching processor and exporter. They are imported when tracing is switched on, beside
 * everything else that starts, since that takes longer than all of the gateway; spans that end before wait here.
 */
export class SpanPipeline {
  #waiting: SpanParts[] = []
  readonly #maxQueueSize: number
  readonly #loading: Promise<Loaded | undefined>
  #loaded: Loaded | undefined
  #hasFailed = false
  readonly #scope: { readonly name: string; readonly version: string }

  constructor(exporters: readonly ExporterName[], context: TelemetryContext, warn: Warn) {
    const { env, version, logger } = context
    this.#scope = { name: 'protobridge', version }
    this.#maxQueueSize = numberOf(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048, 1, warn)
    this.#loading = load(exporters, context, this.#maxQueueSize, warn).catch((error: unknown) => {
      logger.error({ err: error }, 'traces cannot be sent: the exporter could not be made')
      return undefined
    })
    void this.#loading.then((loaded) => {
      this.#loaded = loaded
      this.#hasFailed = loaded === undefined
      if (loaded !== undefined) for (const parts of this.#waiting) this.add(parts)
      this.#waiting = []
    })
  }

  add(parts: SpanParts): void {
    if (this.#loaded === undefined) {
      if (!this.#hasFailed && this.#waiting.length < this.#maxQueueSize) this.#waiting.push(parts)
      return
    }
    const { resource, ways } = this.#loaded
    const span = new RecordedSpan(parts, resource, this.#scope)
    for (const way of ways) way.add(span)
  }

  /** Sends what waits. Never rejects: a backend that takes nothing has been told of. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
    })
    await Promise.race([timeout, this.#shutdown()])
    clearTimeout(timer)
  }

  async #shutdown(): Promise<void> {
    const loaded = await this.#loading
    await Promise.allSettled((loaded?.ways ?? []).map((way) => way.shutdown()))
  }
}

async function load(
  exporters: readonly ExporterName[],
  context: TelemetryContext,
  maxQueueSize: number,
  warn: Warn,
): Promise<Loaded> {
  const { env, version } = context
  const { defaultResource, resourceFromAttributes } = await import('@opentelemetry/resources')
  const resource = defaultResource().merge(resourceFromAttributes(resourceAttributes(env, version, warn)))
  const ways: Way[] = []
  for (const name of exporters) ways.push(await WAYS[name](context, maxQueueSize, warn))
  return { resource, ways }
}

const WAYS: Readonly<
  Record<ExporterName, (context: TelemetryContext, maxQueueSize: number, warn: Warn) => Promise<Way>>
> = { otlp: otlpWay, console: consoleWay }

async function otlpWay({ env, logger }: TelemetryContext, maxQueueSize: number, warn: Warn): Promise<Way> {
  const { BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const protocol = otlpProtocolOf(env, 'TRACES', warn)
  const { OTLPTraceExporter } = await importExporter(protocol)
  const exporter = inEnvironment(env, () => new OTLPTraceExporter())
  const watch = new BackendWatch(logger, 'traces', otlpEndpointOf(env, 'TRACES', protocol, warn))
  let queued = 0
  const telling = new TellingExporter(exporter, watch, (count) => void (queued -= count))
  const processor = new BatchSpanProcessor(telling, {
    maxQueueSize,
    maxExportBatchSize: Math.min(maxQueueSize, numberOf(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, 1, warn)),
    scheduledDelayMillis: numberOf(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000, 0, warn),
    exportTimeoutMillis: numberOf(env, 'OTEL_BSP_EXPORT_TIMEOUT', 30_000, 1, warn),
  })
  return {
    add: (span) => {
      // The processor's own bound, kept here so that what is dropped is known.
      if (queued >= maxQueueSize) return watch.overflowed(1)
      queued++
      processor.onEnd(span)
    },
    shutdown: () => processor.shutdown(),
  }
}

/** To stdout, for trying out. */
async function consoleWay(): Promise<Way> {
  const { ConsoleSpanExporter, SimpleSpanProcessor } = await import('@opentelemetry/sdk-trace-base')
  const processor = new SimpleSpanProcessor(new ConsoleSpanExporter())
  return { add: (span) => processor.onEnd(span), shutdown: () => processor.shutdown() }
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
