import type { IncomingMessage } from 'node:http'
import { context, createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { ServerRequest } from '../../exchange/index.js'

/** So often it is looked whether the program has begun to trace itself; ms. */
const LOOK_MS = 1000

const PROBE = ROOT_CONTEXT.setValue(createContextKey('protobridge'), true)

/**
 * Spans that are active where the gateway is mounted in a program that traces itself with OpenTelemetry, or runs with its
 * auto-instrumentation. Elsewhere there are none, and asking each time would be a tenth of what an unsampled request costs: on our own
 * listeners it is asked only where the program is known to carry contexts.
 */
export class ActiveSpans {
  #hasContexts = carriesContexts()
  readonly #timer = setInterval(() => {
    this.#hasContexts = carriesContexts()
  }, LOOK_MS).unref()

  /** The span in which the request is handled, as a `traceparent`: the request's span is its child then. */
  traceparentOf(http: IncomingMessage): string | undefined {
    if (!this.#hasContexts && http instanceof ServerRequest) return undefined
    const span = trace.getActiveSpan()
    if (span === undefined) return undefined
    const { traceId, spanId, traceFlags } = span.spanContext()
    return `00-${traceId}-${spanId}-${(traceFlags & 1) === 1 ? '01' : '00'}`
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** Whether a context manager is registered: without one, none is ever active. */
function carriesContexts(): boolean {
  return context.with(PROBE, () => context.active() === PROBE)
}
