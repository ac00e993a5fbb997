import { trace } from '@opentelemetry/api'

/**
 * The span that is active where the gateway is mounted in a program that traces itself, as a `traceparent`: the request's span is
 * its child then. Elsewhere there is none, and asking costs next to nothing.
 */
export function activeTraceparent(): string | undefined {
  const span = trace.getActiveSpan()
  if (span === undefined) return undefined
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${(traceFlags & 1) === 1 ? '01' : '00'}`
}
