import type { BoundMessage } from '../decode/bound-message.js'
import type { DecodeSetup } from '../decode/message-writer.js'
import type { PresentPaths } from '../decode/present-paths.js'
import type { PlanTable } from '../plan/plan-table.js'
import type { FieldPlan, MessagePlan } from '../plan/types.js'
import type { FormatName, RequestFormatName, ResponseWishes, StatusBody, TranscodeOptions } from '../types.js'
import type { WireWriter } from '../wire/writer.js'

/**
 * A format: one file in this folder and one line in its table. It is asked by name; which one a request speaks is
 * negotiated from the media types.
 */
export interface Format extends RequestFormat {
  readonly name: FormatName
  /** The media type of RFC 9457 problem details in this format; undefined where it has none. */
  readonly problemType: string | undefined
  create(setup: FormatSetup): FormatCodec
}

/** What is asked of every format, and all that is of one in which no response is written. */
export interface RequestFormat {
  readonly name: RequestFormatName
  /** Lower case, without parameters; the first is what responses are labelled with. */
  readonly mediaTypes: readonly string[]
  /** Structured syntax suffix (RFC 6838 §4.2.8) whose media types it reads too: `+json`; undefined: none. */
  readonly suffix: string | undefined
  create(setup: FormatSetup): RequestCodec
}

export interface FormatSetup {
  /** The registry's types, and what reading bodies adds to them. */
  readonly decoding: DecodeSetup
  /** For error details: the registry's types, and google.rpc's where the registry has none. */
  readonly detailPlans: PlanTable
  readonly json: TranscodeOptions['json']
}

/** Of the formats of requests. */
export type RequestCodec = TextReader | WireCodec

/** Of those of responses. */
export type FormatCodec = TextCodec | WireCodec

/** One codec a format. */
export type Codecs = Readonly<
  Record<FormatName, FormatCodec> & Record<RequestFormatName, RequestCodec> & { json: TextCodec }
>

interface BodyReader {
  /** True for a body that carries nothing where none is bound: `{}`, an empty root element. */
  isEmptyBody(body: Uint8Array): boolean
  /**
   * Why a body that is this has no form in the format, after “which is”; undefined where it has one.
   *
   * @param expected what the body is, as for `read`. Absent: every body can be read
   */
  whyUnreadable?(expected: MessagePlan | FieldPlan): string | undefined
}

interface StatusWriter {
  /** A google.rpc.Status; what a detail cannot be written as is said without losing the error. Never throws. */
  encodeStatus(status: StatusBody): Uint8Array
}

/** A format that RFC 9457 problem details have a form in. */
export interface ProblemWriter {
  /** @param title the HTTP status' phrase. Never throws. */
  encodeProblem(status: StatusBody, httpStatus: number, title: string): Uint8Array
}

/** A body that is text. */
export interface TextBody {
  readonly bytes: Uint8Array
  /** As sent, for its parameters; '' where there is none. */
  readonly contentType: string
}

/** A format whose messages are text, which is written as wire bytes. */
export interface TextReader extends BodyReader {
  readonly kind: 'text'
  /**
   * Writes the request that a body is, with what the path and the query bind in it.
   *
   * @returns the writer with the request's wire bytes, valid until the next body is decoded
   * @throws StatusError INVALID_ARGUMENT
   */
  decodeMessage(body: TextBody, request: MessagePlan, bound: BoundMessage | undefined): WireWriter
  /**
   * Writes the request of which a body is one field's value, with what the path and the query bind in it.
   *
   * @param present gets the paths of the fields in the body, a message; undefined where they are not wanted
   * @throws StatusError INVALID_ARGUMENT
   */
  decodeField(
    body: TextBody,
    request: MessagePlan,
    field: FieldPlan,
    bound: BoundMessage | undefined,
    present: PresentPaths | undefined,
  ): WireWriter
}

/** The same where responses are text too, written from wire bytes. */
export interface TextCodec extends TextReader, StatusWriter, ProblemWriter {
  /**
   * @param message wire bytes
   * @returns text in UTF-8
   * @throws StatusError INTERNAL UNREPRESENTABLE_VALUE; WireError where the bytes do not decode
   */
  writeMessage(plan: MessagePlan, message: Uint8Array, wishes: ResponseWishes): Uint8Array
  /** The value of one field of the message; what the field holds then where it is not on the wire. Throws the same. */
  writeField(plan: MessagePlan, field: FieldPlan, message: Uint8Array, wishes: ResponseWishes): Uint8Array
}

/** Protobuf itself: bodies are wire bytes already. */
export interface WireCodec extends BodyReader, StatusWriter {
  readonly kind: 'wire'
}
