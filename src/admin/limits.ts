import type { ShownConfig } from '../config/index.js'
import type { LimitView } from './types.js'

/** The limits that the configuration sets, in its order. */
export function limitsOf(config: ShownConfig): LimitView[] {
  const out: LimitView[] = []
  for (const policy of listOf(config['policies'])) {
    const select = textOf(policy['select'])
    for (const limit of listOf(policy['limits'])) {
      const burst =
        limit['burst'] === undefined || limit['burst'] === 0 ? '' : `, ${textOf(limit['burst'])} more at once`
      const cost =
        limit['cost'] === undefined || limit['cost'] === 1 ? '' : `, a request counts ${textOf(limit['cost'])}`
      const allows = `${textOf(limit['rate'])}${burst}${cost}`
      out.push({ select, name: textOf(limit['name']), allows, by: textOf(limit['by']) })
    }
    const { concurrency } = policy
    if (isMapping(concurrency)) {
      const allows = `${textOf(concurrency['max'])} at one time`
      out.push({ select, name: 'concurrency', allows, by: textOf(concurrency['by']) })
    }
  }
  return out
}

type Mapping = Readonly<Record<string, unknown>>

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly Mapping[] => (Array.isArray(value) ? value.filter(isMapping) : [])

/** A value as it is told; a rate by plan is a mapping. */
function textOf(value: unknown): string {
  if (!isMapping(value)) return String(value)
  return Object.entries(value)
    .map(([name, item]) => `${name}: ${textOf(item)}`)
    .join(', ')
}
