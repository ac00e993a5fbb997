import { Code, StatusError } from '../status/index.js'
import { Reason } from './reasons.js'

/** Milliseconds of one unit of `grpc-timeout` (PROTOCOL-HTTP2: TimeoutUnit). */
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/**
 * Reads a `Grpc-Timeout` header: 1 to 8 digits and a unit.
 * @returns milliseconds, possibly 0 or a fraction
 * @throws StatusError 400 where it is malformed
 */
export function parseGrpcTimeout(value: string): number {
  const digits = value.length - 1
  const unit = UNIT_MS[value.charAt(digits)]
  if (unit === undefined || digits < 1 || digits > 8) throw malformed()
  let amount = 0
  for (let i = 0; i < digits; i++) {
    const digit = value.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) throw malformed()
    amount = amount * 10 + digit
  }
  return amount * unit
}

function malformed(): StatusError {
  return new StatusError(
    Code.InvalidArgument,
    'Grpc-Timeout: want 1 to 8 digits and a unit of H, M, S, m, u or n, as in 250m',
    { reason: Reason.MalformedHeader },
  )
}

/** The error of a call whose time ran out before, or while, it was upstream. */
export function deadlineExceeded(): StatusError {
  return new StatusError(Code.DeadlineExceeded, 'the deadline passed before the upstream answered', {
    reason: Reason.DeadlineExceeded,
  })
}
