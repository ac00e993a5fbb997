import type { ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { TimedExports } from '../otlp/index.js'

/** ExportResultCode of @opentelemetry/core, which is imported late. */
const SUCCESS = 0

/** What becomes of spans on their way. */
export interface ExportEvents {
  /** So many have left the queue. */
  onTaken(count: number): void
  /** So many have been sent. */
  onSent(count: number): void
  /** So many are lost. @param why for a person */
  onLost(why: string, count: number): void
  /** Of what is sent next, so many are refused; 0: the backend has but something to say. @param why for a person */
  onRefused(why: string, count: number): void
}

/**
 * An exporter whose troubles are told in the gateway's log, and nowhere else: the SDK would tell of each through `diag`, which is
 * the embedding program's.
 */
export class TellingExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #events: ExportEvents
  readonly #exports: TimedExports

  /**
   * @param timeoutMs the longest that a batch may take, whatever a backend does
   * @param end ends what takes longer
   */
  constructor(exporter: SpanExporter, events: ExportEvents, timeoutMs: number, end: () => void) {
    this.#exporter = exporter
    this.#events = events
    this.#exports = new TimedExports(timeoutMs, end)
  }

  export(spans: ReadableSpan[], onResult: (result: ExportResult) => void): void {
    this.#events.onTaken(spans.length)
    const tell = this.#exports.begin(({ code, error }) => {
      if (code === SUCCESS) this.#events.onSent(spans.length)
      else this.#events.onLost(reasonOf(error), spans.length)
      // The processor goes on with the next batch either way; told of a failure it would wait for a further span first.
      onResult({ code: SUCCESS })
    })
    this.#exporter.export(spans, tell)
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown()
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve()
  }
}

function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no reason is given'
  // Several addresses were tried: the message is in each, and that of all is empty.
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined
  const code = 'code' in error && error.code !== undefined ? ` (${String(error.code)})` : ''
  return (error.message || first?.message || error.name) + code
}
