import type { Attributes } from '@opentelemetry/api'
import type { TimedEvent } from '@opentelemetry/sdk-trace-base'
import type { RequestTrace } from '../../exchange/index.js'
import type { SpanEventName } from './attributes.js'
import { traceIdIn } from '../trace-context.js'
import { hrTime, type SpanIds } from './recorded-span.js'

/** Trace flags: sampled. */
export const SAMPLED = 1

/** The trace of a request that is not recorded: an id for its log line, and what tells upstream not to record either. */
export class UnrecordedTrace implements RequestTrace {
  readonly traceResponse: string
  readonly metadata: readonly string[]
  readonly replaces: ReadonlySet<string>
  readonly isRecorded = false

  /** @param traceResponse in the form of a `traceparent` */
  constructor(traceResponse: string, metadata: readonly string[], replaces: ReadonlySet<string>) {
    this.traceResponse = traceResponse
    this.metadata = metadata
    this.replaces = replaces
  }

  get traceId(): string {
    return traceIdIn(this.traceResponse)
  }
}

/** What is known of a recorded request's trace at its beginning. */
export interface Beginning {
  readonly traceId: string
  /** Of the server span. */
  readonly spanId: string
  /** undefined: the trace begins here. */
  readonly parent: SpanIds | undefined
  readonly tracestate: string | undefined
  readonly links: readonly SpanIds[]
  /** Of the other end of the connection, which may be gone at the end. */
  readonly peerAddress: string
  readonly peerPort: number | undefined
  readonly maxEvents: number
}

/** The trace of a request that is recorded. Its spans are made when they end. */
export class RecordedTrace implements RequestTrace {
  readonly traceId: string
  readonly traceResponse: string
  /** What belongs to the request and not to one span of it: its baggage. The context goes with each attempt. */
  readonly metadata: readonly string[]
  readonly replaces: ReadonlySet<string>
  readonly isRecorded = true
  readonly beginning: Beginning
  readonly events: TimedEvent[] = []
  droppedEvents = 0
  /** Name of the status of the attempt that ended last; undefined: none has ended. */
  lastStatus: string | undefined = undefined

  constructor(beginning: Beginning, traceResponse: string, metadata: readonly string[], replaces: ReadonlySet<string>) {
    this.traceId = beginning.traceId
    this.traceResponse = traceResponse
    this.metadata = metadata
    this.replaces = replaces
    this.beginning = beginning
  }

  /** Notes an event of the server span. @param atMs as Date.now(), with fractions */
  note(name: SpanEventName, atMs: number, attributes: Attributes): void {
    if (this.events.length < this.beginning.maxEvents) this.events.push(eventOf(name, atMs, attributes))
    else this.droppedEvents++
  }
}

export function eventOf(name: SpanEventName, atMs: number, attributes: Attributes): TimedEvent {
  return { name, time: hrTime(atMs), attributes, droppedAttributesCount: 0 }
}
