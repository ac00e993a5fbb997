import {
  createTraceState,
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
} from '@opentelemetry/api'
import type { InstrumentationScope } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-base'
import type { EventRecord, SpanIds } from './span-record.js'

/** SpanStatusCode of @opentelemetry/api, which is imported late. */
export const UNSET = { code: 0 } as const
export const ERROR = 2

/** What a span is made of, once all of it is known. */
export interface SpanParts {
  readonly name: string
  readonly kind: SpanKind
  readonly context: SpanIds
  /** undefined: it is the first of its trace. */
  readonly parent?: SpanIds | undefined
  /** ms since the epoch, with fractions. */
  readonly startMs: number
  readonly endMs: number
  readonly status: SpanStatus
  readonly attributes: Attributes
  /** Contexts of what it is linked to. */
  readonly links: readonly SpanIds[]
  readonly events: readonly EventRecord[]
  readonly droppedEvents: number
}

/**
 * A span as the SDK's processors and exporters take it, made whole where it is sent: a request keeps a record, no span that is written
 * to bit by bit. With the SDK's own a recorded request costs several times as much.
 */
export class RecordedSpan implements ReadableSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly parentSpanContext?: SpanContext
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly duration: HrTime
  readonly status: SpanStatus
  readonly attributes: Attributes
  readonly links: Link[]
  readonly events: TimedEvent[]
  readonly ended = true
  readonly resource: Resource
  readonly instrumentationScope: InstrumentationScope
  readonly droppedAttributesCount = 0
  readonly droppedEventsCount: number
  readonly droppedLinksCount = 0
  readonly #context: SpanContext

  constructor(parts: SpanParts, resource: Resource, scope: InstrumentationScope) {
    this.name = parts.name
    this.kind = parts.kind
    this.#context = contextOf(parts.context)
    if (parts.parent !== undefined) this.parentSpanContext = contextOf(parts.parent)
    this.startTime = hrTime(parts.startMs)
    this.endTime = hrTime(parts.endMs)
    this.duration = hrTime(Math.max(0, parts.endMs - parts.startMs))
    this.status = parts.status
    this.attributes = parts.attributes
    this.links = parts.links.map((ids) => ({ context: contextOf(ids) }))
    this.events = parts.events.map(timedEvent)
    this.droppedEventsCount = parts.droppedEvents
    this.resource = resource
    this.instrumentationScope = scope
  }

  spanContext(): SpanContext {
    return this.#context
  }
}

function contextOf({ tracestate, ...context }: SpanIds): SpanContext {
  return tracestate === undefined ? context : { ...context, traceState: createTraceState(tracestate) }
}

function timedEvent({ name, atMs, attributes }: EventRecord): TimedEvent {
  return { name, time: hrTime(atMs), attributes, droppedAttributesCount: 0 }
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
