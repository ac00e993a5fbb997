import { httpStatusOf, type Code } from './code.js'

/** One entry of `google.rpc.BadRequest.field_violations`: a field path in JSON spelling and what is wrong with it. */
export interface FieldViolation {
  readonly field: string
  readonly description: string
}

export interface StatusErrorOptions {
  /** `google.rpc.ErrorInfo.reason`: UPPER_SNAKE_CASE, stable, listed in `docs/errors.md`. */
  readonly reason: string
  /** HTTP status where it is not the one the code maps to (405, 406, 413, 415, 431, 408, 502 …). */
  readonly httpStatus?: number
  /** HTTP response headers, as name, value, name, value; e.g. `['allow', 'GET, HEAD']`. */
  readonly headers?: readonly string[]
  /** Path of the offending field of the request; becomes a `BadRequest.FieldViolation` with the message. */
  readonly field?: string
  /** `google.rpc.ErrorInfo.metadata`: strings a program may want. */
  readonly metadata?: Readonly<Record<string, string>>
  /** The connection cannot be used again (framing is lost). */
  readonly closesConnection?: boolean
}

/**
 * The one error a client sees from the gateway itself. Thrown (or passed) anywhere on the request path, written by
 * `exchange/write-error.ts` in the client's format as a google.rpc.Status with an ErrorInfo of domain `protobridge`.
 * The message is shown to the client: it names what was wrong with the request, never an address or a stack.
 */
export class StatusError extends Error {
  readonly code: Code
  readonly httpStatus: number
  readonly reason: string
  readonly headers: readonly string[]
  readonly violations: readonly FieldViolation[]
  readonly metadata: Readonly<Record<string, string>>
  readonly closesConnection: boolean

  constructor(code: Code, message: string, options: StatusErrorOptions) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.httpStatus = options.httpStatus ?? httpStatusOf(code)
    this.reason = options.reason
    this.headers = options.headers ?? []
    this.violations = options.field === undefined ? [] : [{ field: options.field, description: message }]
    this.metadata = options.metadata ?? {}
    this.closesConnection = options.closesConnection ?? false
  }
}
