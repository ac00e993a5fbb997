/** One to nine digits after the point of a second, as nanoseconds; '' is 0. */
export function parseNanos(digits: string): number {
  return Number(digits.padEnd(9, '0'))
}

/** `''`, or a point and 3, 6 or 9 digits, as few as are exact. `nanos` from 0 to 999,999,999. */
export function formatNanos(nanos: number): string {
  if (nanos === 0) return ''
  const digits = String(nanos).padStart(9, '0')
  if (nanos % 1_000_000 === 0) return `.${digits.slice(0, 3)}`
  return nanos % 1_000 === 0 ? `.${digits.slice(0, 6)}` : `.${digits}`
}
