const MAX_DIGITS = 99_999_999

/**
 * The `grpc-timeout` header for what is left of a deadline: at most 8 digits and a unit, rounded up to the finest unit
 * that fits (grpc/grpc doc/PROTOCOL-HTTP2.md, "Timeout").
 * @param remainingMs more than 0, finite
 */
export function encodeGrpcTimeout(remainingMs: number): string {
  const ms = Math.ceil(remainingMs)
  if (ms <= MAX_DIGITS) return `${ms}m`
  const seconds = Math.ceil(ms / 1000)
  if (seconds <= MAX_DIGITS) return `${seconds}S`
  const minutes = Math.ceil(seconds / 60)
  if (minutes <= MAX_DIGITS) return `${minutes}M`
  return `${Math.min(Math.ceil(minutes / 60), MAX_DIGITS)}H`
}
