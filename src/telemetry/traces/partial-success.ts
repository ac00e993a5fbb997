import { diag, DiagLogLevel, type DiagLogger } from '@opentelemetry/api'
import type { ExportEvents } from './telling-exporter.js'

/** What the SDK's exporters begin the line with by which they tell of it: nothing else does. */
const LINE = 'Received Partial Success response:'

/** No more of a backend's words is told. */
const MAX_WHY = 500

/**
 * Tells what a backend refuses of what it takes (OTLP, "Partial Success"). The SDK says it in OpenTelemetry's own log alone, which is
 * one for all of a thread: to be called where nobody else has one.
 */
export function watchPartialSuccess({ onRefused }: Pick<ExportEvents, 'onRefused'>): void {
  const nothing = (): void => undefined
  const warn: DiagLogger['warn'] = (message, said) => {
    if (message === LINE && typeof said === 'string') onRefused(...partialSuccess(said))
  }
  diag.setLogger({ error: nothing, warn, info: nothing, debug: nothing, verbose: nothing }, DiagLogLevel.WARN)
}

/** @param said an ExportTracePartialSuccess as JSON: 64 bits may be text, and what is nothing absent */
function partialSuccess(said: string): [why: string, count: number] {
  const { rejectedSpans, errorMessage } = JSON.parse(said) as Readonly<Record<string, unknown>>
  const count = Number(rejectedSpans ?? 0)
  const why =
    typeof errorMessage === 'string' && errorMessage !== '' ? errorMessage.slice(0, MAX_WHY) : 'no reason is given'
  return [why, count > 0 ? count : 0]
}
