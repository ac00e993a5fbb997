import type { DescMessage, FileRegistry } from '@bufbuild/protobuf'
import type { Binding } from '../mapping/index.js'

/** What every plan of one snapshot is compiled with. */
export interface TranscodeOptions {
  readonly registry: FileRegistry
  readonly json: {
    readonly unknownFields: 'reject' | 'ignore'
    readonly emitDefaults: boolean
    readonly enumsAsIntegers: boolean
    readonly protoNames: boolean
  }
  readonly query: { readonly unknown: 'reject' | 'ignore'; readonly ignore: readonly string[] }
  readonly patch: { readonly deriveMask: boolean }
}

/** The parts of a request that carry its message. */
export interface RequestParts {
  /** One raw text per capture of the binding, in order: what the router handed back, still percent-encoded. */
  readonly captures: readonly string[]
  /** The query string as sent, without `?`; '' where there is none. */
  readonly query: string
  /** The body after content decoding; empty where there is none. */
  readonly body: Uint8Array
  /** The body's format; undefined where there is no body. For HttpBody bindings: not consulted. */
  readonly format: RequestFormatName | undefined
  /** The Content-Type as sent: HttpBody passes it on, XML may contradict its charset. */
  readonly contentType: string
}

/** Formats a message can be written in. A new one is a file in `formats/` and a line in its table. */
export type FormatName = 'json' | 'proto' | 'xml'

/** Formats a request's body can be in: those, and one that is only read. */
export type RequestFormatName = FormatName | 'form'

/** System parameters of the query (`$alt`, `$prettyPrint`): what they ask of the response. */
export interface ResponseWishes {
  readonly format: FormatName | undefined
  readonly enumsAsIntegers: boolean
  readonly prettyPrint: boolean
}

/** A response ready to be written. */
export interface EncodedBody {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** One thing a request's part bound. */
export interface BoundPart {
  /** `patch`: an update mask derived from the body. */
  readonly from: 'path' | 'query' | 'body' | 'patch'
  /** In JSON names, dotted; `*` for a body that is the whole request. */
  readonly field: string
  /** The decoded text; undefined for a body. */
  readonly text: string | undefined
}

export interface RequestTrace {
  readonly message: Uint8Array
  /** The request message as JSON, indented. */
  readonly json: string
  readonly parts: readonly BoundPart[]
}

/** Compiled once per binding; immutable; holds no request's state. */
export interface BindingPlan {
  /** Request parts → the request message's wire bytes. Throws StatusError (INVALID_ARGUMENT with the field). */
  decodeRequest(parts: RequestParts): Uint8Array
  /** The same, with what each part bound to: for `explain`, not for the request path. Throws the same. */
  traceRequest(parts: RequestParts): RequestTrace
  /** What `$` parameters of this query ask for; the common answer (nothing) is one shared object. */
  readWishes(query: string): ResponseWishes
  /** Response wire bytes → body in the format. Throws StatusError (INTERNAL, 502) where the bytes do not decode. */
  encodeResponse(message: Uint8Array, format: FormatName, wishes: ResponseWishes): EncodedBody
  /** Formats that have a form for what this binding's body is; all where it has none, or a raw one. */
  readonly bodyFormats: readonly RequestFormatName[]
  /** The request takes a raw body: its type is google.api.HttpBody, or `body` names such a field. */
  readonly takesHttpBody: boolean
  /** The response is a google.api.HttpBody (or response_body names one): written raw, exempt from 406. */
  readonly givesHttpBody: boolean
}

/** A google.rpc.Status to be written: details as serialized Any messages' parts. */
export interface StatusBody {
  readonly code: number
  readonly message: string
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[]
}

export interface Transcoder {
  compile(binding: Binding): BindingPlan
  /** Never throws: details of unknown type or that do not decode are `{"@type": …, "value": base64}`. */
  encodeStatus(status: StatusBody, format: FormatName): EncodedBody
  /**
   * A message of any type of the registry as ProtoJSON text. Throws StatusError (INTERNAL) where the bytes do not decode
   * or a value has no JSON form.
   */
  messageToJson(type: DescMessage, message: Uint8Array, options?: { readonly prettyPrint?: boolean }): string
  /**
   * RFC 9457 problem details, in JSON where the format has no form of them (protobuf). Never throws.
   *
   * @param format JSON where not given
   */
  encodeProblem(status: StatusBody, httpStatus: number, format?: FormatName): EncodedBody
}
