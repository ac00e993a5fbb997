/*
 * Times of a log as text. Most lines are of the second of the line before, so that all but the milliseconds is made once a
 * second.
 */

/** `2026-11-30T13:57:14.042Z` */
export function isoTimes(): (ms: number) => string {
  let second = NaN
  let prefix = ''
  return (ms) => {
    const current = Math.floor(ms / 1000)
    if (current !== second) {
      second = current
      prefix = new Date(current * 1000).toISOString().slice(0, 20)
    }
    const rest = Math.floor(ms) - current * 1000
    return `${prefix}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`
  }
}

/** `.5`, `.042`: thousandths behind the point, as a number's own text has them. */
const FRACTIONS = Array.from({ length: 1000 }, (_, thousandths) =>
  thousandths === 0 ? '' : `.${String(thousandths).padStart(3, '0').replace(/0+$/, '')}`,
)

/** A duration in ms, to the microsecond. (To make a fraction into text costs ten times as much as a whole number.) */
export function millisecondsText(ms: number): string {
  const microseconds = Math.round(ms * 1000)
  const whole = Math.floor(microseconds / 1000)
  return `${whole}${FRACTIONS[microseconds - whole * 1000]!}`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `30/Nov/2026:13:57:14 +0000`, as Apache's `%t` without its brackets; in UTC. */
export function apacheTimes(): (ms: number) => string {
  let second = NaN
  let text = ''
  return (ms) => {
    const current = Math.floor(ms / 1000)
    if (current !== second) {
      second = current
      const date = new Date(current * 1000)
      const [year = '', , day = ''] = date.toISOString().slice(0, 10).split('-')
      text = `${day}/${MONTHS[date.getUTCMonth()]!}/${year}:${date.toISOString().slice(11, 19)} +0000`
    }
    return text
  }
}
