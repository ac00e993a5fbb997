import type { Attributes } from '@opentelemetry/api'
import type { RequestTrace } from '../../exchange/index.js'
import { traceIdIn } from '../trace-context.js'
import type { SpanEventName } from './attributes.js'
import type { EventRecord, SpanIds } from './span-record.js'

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
  /** undefined: of nothing. */
  readonly links: readonly SpanIds[] | undefined
  /** Of the other end of the connection, which may be gone at the end. */
  readonly peerAddress: string
  readonly peerPort: number | undefined
  readonly maxEvents: number
}

/** The trace of a request that is recorded. */
export class RecordedTrace implements RequestTrace {
  readonly traceId: string
  readonly traceResponse: string
  /** What belongs to the request and not to one span of it: its baggage. The context goes with each attempt. */
  readonly metadata: readonly string[]
  readonly replaces: ReadonlySet<string>
  readonly isRecorded = true
  readonly beginning: Beginning
  readonly events: EventRecord[] = []
  droppedEvents = 0
  /** Status code of the attempt that ended last; undefined: none has ended. */
  lastCode: number | undefined = undefined

  constructor(beginning: Beginning, traceResponse: string, metadata: readonly string[], replaces: ReadonlySet<string>) {
    this.traceId = beginning.traceId
    this.traceResponse = traceResponse
    this.metadata = metadata
    this.replaces = replaces
    this.beginning = beginning
  }

  /** Notes an event of the server span. @param atMs as Date.now(), with fractions */
  note(name: SpanEventName, atMs: number, attributes: Attributes): void {
    if (this.events.length < this.beginning.maxEvents) this.events.push({ name, atMs, attributes })
    else this.droppedEvents++
  }
}
