import type { Normalization } from './normalization.js'
import { childPointer } from './document.js'
import { normalizeBy } from './normalize-by.js'
import type { LimitConfig, RateConfig } from './types.js'
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
  return written.map((limit, index) => {
    const { name, burst, by, cost } = limit
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
    return {
      name,
      rates: normalizeRates(place, limit, at),
      plan: normalizePlan(place, limit, at),
      burst,
      by: { value: normalizeBy(`${place}/by`, by, at, 'field'), position: at.positionOf(`${place}/by`) },
      cost: typeof cost === 'number' ? cost : { value: cost, position: at.positionOf(`${place}/cost`) },
      select,
    }
  })
}

function normalizeRates(place: string, { rate, plan }: WrittenLimit, at: Normalization): readonly RateConfig[] {
  if (typeof rate === 'string') return [{ plan: undefined, ...normalizeRate(`${place}/rate`, rate, at) }]
  if (plan === undefined) {
    at.error(`${place}/rate`, 'there is a rate for each plan, and no plan', 'add plan: "claim:NAME", or write one rate')
  }
  return Object.entries(rate).map(([name, text]) => {
    return { plan: name, ...normalizeRate(childPointer(`${place}/rate`, name), text, at) }
  })
}

function normalizeRate(pointer: string, rate: string, at: Normalization): { points: number; seconds: number } {
  const match = RATE.exec(rate)
  if (match === null) {
    at.error(pointer, `${JSON.stringify(rate)} is not a rate`, 'write it like 100/s, 1000/m, 5000/h or 100000/d')
  }
  return {
    points: Number(match?.[1] ?? 1),
    seconds: SECONDS[(match?.[2] ?? 's') as keyof typeof SECONDS],
  }
}

/** The name of the claim. Who calls says what is in a header, and would choose its own plan. */
function normalizePlan(place: string, { rate, plan }: WrittenLimit, at: Normalization): string | undefined {
  if (plan === undefined) return undefined
  const name = /^claim:(.+)$/.exec(plan)?.[1]
  if (name === undefined) at.error(`${place}/plan`, `${JSON.stringify(plan)} does not tell a plan`, 'write claim:NAME')
  if (typeof rate === 'string') {
    at.error(`${place}/plan`, 'there are plans, and one rate', 'write a rate for each: { free: 1000/d, pro: 100000/d }')
  }
  return name
}
