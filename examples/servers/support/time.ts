/** `google.protobuf.Timestamp` and `google.protobuf.Duration`, as proto-loader has them. */
export interface Seconds {
  seconds: string
  nanos: number
}

/** The Timestamp of a time in milliseconds since the epoch. Nanos stay positive before 1970. */
export function toTimestamp(timeMs: number): Seconds {
  const seconds = Math.floor(timeMs / 1000)
  return { seconds: String(seconds), nanos: Math.round((timeMs - seconds * 1000) * 1e6) }
}

/** The Duration of so many seconds. */
export function toDuration(seconds: number): Seconds {
  const whole = Math.trunc(seconds)
  return { seconds: String(whole), nanos: Math.round((seconds - whole) * 1e9) }
}

/** In nanoseconds: exact for all Timestamps and Durations. */
export function toNanos(value: Seconds): bigint {
  return BigInt(value.seconds) * 1_000_000_000n + BigInt(value.nanos)
}
