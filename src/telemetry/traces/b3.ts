import { isSampled, isTraceparent, parentSpanIdIn, traceIdIn } from '../trace-context.js'
import type { Propagator } from './propagation.js'

/** Zipkin's headers: https://github.com/openzipkin/b3-propagation. Trace ids of 64 bits are padded to 128. */

/** `{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`, the last two optional. */
export const b3: Propagator = {
  headers: ['b3'],
  extract({ b3: header }) {
    if (typeof header !== 'string' || header.length > 100) return undefined
    const [traceId = '', spanId = '', state = ''] = header.split('-')
    return traceparentOf(traceId, spanId, state === '1' || state === 'd')
  },
  inject(traceparent) {
    const state = isSampled(traceparent) ? '1' : '0'
    return ['b3', `${traceIdIn(traceparent)}-${parentSpanIdIn(traceparent)}-${state}`]
  },
}

/** A header for each. */
export const b3multi: Propagator = {
  headers: ['x-b3-traceid', 'x-b3-spanid', 'x-b3-sampled', 'x-b3-flags', 'x-b3-parentspanid'],
  extract(headers) {
    const traceId = headers['x-b3-traceid']
    const spanId = headers['x-b3-spanid']
    if (typeof traceId !== 'string' || typeof spanId !== 'string') return undefined
    const sampled = headers['x-b3-sampled']
    // `true` is of before the specification. Flags of 1 say "debug", and that means sampled.
    return traceparentOf(traceId, spanId, sampled === '1' || sampled === 'true' || headers['x-b3-flags'] === '1')
  },
  inject(traceparent) {
    const ids = ['x-b3-traceid', traceIdIn(traceparent), 'x-b3-spanid', parentSpanIdIn(traceparent)]
    return [...ids, 'x-b3-sampled', isSampled(traceparent) ? '1' : '0']
  },
}

function traceparentOf(traceId: string, spanId: string, sampled: boolean): string | undefined {
  const text = `00-${traceId.length === 16 ? traceId.padStart(32, '0') : traceId}-${spanId}-${sampled ? '01' : '00'}`
  return isTraceparent(text) ? text : undefined
}
