import type { ExportResult } from '@opentelemetry/core'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { BackendWatch } from '../otlp/index.js'

/** ExportResultCode of @opentelemetry/core, which is imported late. */
const SUCCESS = 0

/**
 * An exporter whose troubles are told in the gateway's log, and nowhere else: the SDK would tell of each through `diag`, which is
 * the embedding program's.
 */
export class TellingExporter implements SpanExporter {
  readonly #exporter: SpanExporter
  readonly #watch: BackendWatch
  readonly #onTaken: (count: number) => void

  /** @param onTaken so many spans have left the queue */
  constructor(exporter: SpanExporter, watch: BackendWatch, onTaken: (count: number) => void) {
    this.#exporter = exporter
    this.#watch = watch
    this.#onTaken = onTaken
  }

  export(spans: ReadableSpan[], onResult: (result: ExportResult) => void): void {
    this.#onTaken(spans.length)
    this.#exporter.export(spans, ({ code, error }) => {
      if (code === SUCCESS) this.#watch.succeeded()
      else this.#watch.failed(reasonOf(error), spans.length)
      // The processor goes on with the next batch either way; told of a failure it would wait for a further span first.
      onResult({ code: SUCCESS })
    })
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
