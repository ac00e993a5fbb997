import type { Logger } from 'pino'
import {
  BackendWatch,
  checkOtlp,
  numberOf,
  otlpEndpointOf,
  otlpProtocolOf,
  resourceAttributes,
  type Warn,
} from '../otlp/index.js'
import type { TelemetryContext } from '../types.js'
import { hasThread, ThreadExport } from './export-thread.js'
import {
  openConsoleExport,
  openSpanExport,
  type ExportSettings,
  type SpanExport,
  type SpanSink,
} from './span-export.js'
import type { SpanOptions } from './span-parts.js'
import type { EndedSpan, SpanRow } from './span-row.js'
import type { ExportEvents } from './telling-exporter.js'

/** A value of `OTEL_TRACES_EXPORTER`. */
export type ExporterName = 'otlp' | 'console'

/** A gateway that ends waits no longer than this for a backend to take the last spans. */
const CLOSE_TIMEOUT_MS = 3000

/** Where finished spans go, by each exporter: those that end before it is open wait here. */
export class SpanPipeline {
  readonly #exports: readonly SpanSink[]
  readonly #thread: ThreadExport | undefined
  readonly #queue: BoundedExport | undefined
  readonly #logger: Logger

  constructor(exporters: readonly ExporterName[], spans: SpanOptions, context: TelemetryContext, warn: Warn) {
    const { env, version, logger } = context
    this.#logger = logger
    const protocol = otlpProtocolOf(env, 'TRACES', warn)
    const maxQueueSize = numberOf(env, 'OTEL_BSP_MAX_QUEUE_SIZE', 2048, 1, warn)
    const settings: ExportSettings = {
      env: { ...env },
      protocol,
      resource: resourceAttributes(env, version, warn),
      version,
      spans,
      maxQueueSize,
      maxBatchSize: Math.min(maxQueueSize, numberOf(env, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE', 512, 1, warn)),
      delayMs: numberOf(env, 'OTEL_BSP_SCHEDULE_DELAY', 5000, 0, warn),
      timeoutMs: numberOf(env, 'OTEL_BSP_EXPORT_TIMEOUT', 30_000, 1, warn),
    }
    const onFault = (error: unknown): void => logger.error({ err: error }, 'traces cannot be sent: the exporter failed')
    const exports: SpanSink[] = []
    for (const name of exporters) {
      if (name === 'console') {
        exports.push(new LateExport(openConsoleExport(settings), maxQueueSize, onFault))
        continue
      }
      checkOtlp(env, 'TRACES', warn)
      const watch = new BackendWatch(logger, 'traces', otlpEndpointOf(env, 'TRACES', protocol, warn))
      const queue = new BoundedExport(maxQueueSize, watch)
      if (hasThread()) this.#thread = new ThreadExport(settings, queue, onFault)
      queue.next = this.#thread ?? new LateExport(openSpanExport(settings, queue), maxQueueSize, onFault)
      this.#queue = queue
      exports.push(queue)
    }
    this.#exports = exports
  }

  add(span: EndedSpan): void {
    for (const to of this.#exports) to.add(span)
  }

  /** Sends what waits. Never rejects: what is not taken by then is told. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS)
    })
    await Promise.race([timeout, Promise.allSettled(this.#exports.map((to) => to.shutdown()))])
    clearTimeout(timer)
    this.#thread?.stop()
    const lost = this.#queue?.unsent ?? 0
    if (lost > 0) this.#logger.warn({ lost }, 'traces that had not been taken at the end are lost')
  }
}

/** The batching processor's own bound, kept here so that what is dropped is known. */
class BoundedExport implements SpanSink, ExportEvents {
  next: SpanSink | undefined
  /** Of which it is not known yet what becomes. */
  unsent = 0
  #queued = 0
  readonly #maxQueued: number
  readonly #watch: BackendWatch

  constructor(maxQueued: number, watch: BackendWatch) {
    this.#maxQueued = maxQueued
    this.#watch = watch
  }

  add(span: EndedSpan): void {
    if (this.#queued >= this.#maxQueued) return this.#watch.overflowed(1)
    this.#queued++
    this.unsent++
    this.next?.add(span)
  }

  shutdown(): Promise<void> {
    return this.next?.shutdown() ?? Promise.resolve()
  }

  onTaken(count: number): void {
    this.#queued -= count
  }

  onSent(count: number): void {
    this.unsent -= count
    this.#watch.succeeded()
  }

  onLost(why: string, count: number): void {
    this.unsent -= count
    this.#watch.failed(why, count)
  }

  onRefused(why: string, count: number): void {
    this.#watch.refused(why, count)
  }
}

/** Imported beside everything else that starts, since that takes longer than all of the gateway; what comes before waits. */
class LateExport implements SpanSink {
  #waiting: SpanRow[] = []
  #export: SpanExport | undefined
  readonly #opening: Promise<void>
  readonly #maxWaiting: number

  constructor(opening: Promise<SpanExport>, maxWaiting: number, onFault: (error: unknown) => void) {
    this.#maxWaiting = maxWaiting
    this.#opening = opening.then((open) => {
      this.#export = open
      for (const row of this.#waiting) open.add(row)
      this.#waiting = []
    }, onFault)
  }

  add(span: EndedSpan): void {
    if (this.#export !== undefined) this.#export.add(span.row())
    else if (this.#waiting.length < this.#maxWaiting) this.#waiting.push(span.row())
  }

  async shutdown(): Promise<void> {
    await this.#opening
    await this.#export?.shutdown()
  }
}
