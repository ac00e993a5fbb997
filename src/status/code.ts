/**
 * gRPC status codes and their HTTP counterparts.
 * Source: grpc/grpc `doc/statuscodes.md`; google/rpc/code.proto for the HTTP mapping.
 */
export const Code = {
  Ok: 0,
  Cancelled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const

export type Code = (typeof Code)[keyof typeof Code]

const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const

const HTTP_STATUS = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401] as const

/** The code's name as gRPC writes it (`NOT_FOUND`); a number outside the enum is `UNKNOWN`. */
export function codeName(code: number): string {
  return NAMES[code] ?? 'UNKNOWN'
}

/** The HTTP status a gRPC code becomes; a number outside the enum is 500, as UNKNOWN is. */
export function httpStatusOf(code: number): number {
  return HTTP_STATUS[code] ?? 500
}

/** The code of a name as gRPC writes it (`NOT_FOUND`); undefined: there is none. */
export function codeOfName(name: string): Code | undefined {
  const code = (NAMES as readonly string[]).indexOf(name)
  return code === -1 ? undefined : (code as Code)
}
