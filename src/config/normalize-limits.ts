import type { Normalization } from './normalization.js'
import { normalizeBy } from './normalize-by.js'
import type { LimitConfig } from './types.js'
import type { WrittenLimit } from './written.js'

const RATE = /^([1-9][0-9]{0,8})\/(s|m|h|d)$/
const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 }

/** @param select of the entry: its methods share the counter */
export function normalizeLimits(
  pointer: string,
  written: readonly WrittenLimit[],
  select: string,
  at: Normalization,
): readonly LimitConfig[] {
  const names = new Set<string>()
  return written.map(({ name, rate, burst, by, cost }, index) => {
    const place = `${pointer}/${index}`
    if (!/^[A-Za-z0-9_.-]+$/.test(name)) {
      at.error(
        `${place}/name`,
        `${JSON.stringify(name)} cannot be told in a header`,
        'write letters, digits, "-", "_" and "."',
      )
    } else if (names.has(name)) {
      at.error(`${place}/name`, `two limits are named ${name}`, 'give each its own name')
    }
    names.add(name)
    const match = RATE.exec(rate)
    if (match === null) {
      at.error(
        `${place}/rate`,
        `${JSON.stringify(rate)} is not a rate`,
        'write it like 100/s, 1000/m, 5000/h or 100000/d',
      )
    }
    return {
      name,
      points: Number(match?.[1] ?? 1),
      seconds: SECONDS[(match?.[2] ?? 's') as keyof typeof SECONDS],
      burst,
      by: normalizeBy(`${place}/by`, by, at),
      cost,
      select,
    }
  })
}
