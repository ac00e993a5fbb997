/** One to nine digits after the point of a second, as nanoseconds; '' is 0. */
export function parseNanos(digits: string): number {
  return Number(digits.padEnd(9, '0'))
}
