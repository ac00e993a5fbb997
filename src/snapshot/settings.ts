import type { GatewayConfig } from '../config/index.js'
import { adviseSelector, parseSelector, type Selector } from '../mapping/index.js'
import type { Position, Problems } from '../problems/index.js'

/** The settings of one method, merged from every policy entry that selects it. */
export interface MethodSettings {
  readonly timeoutMs: number
  readonly maxRequestBytes: number
}

const DEFAULTS: MethodSettings = { timeoutMs: 15_000, maxRequestBytes: 4 * 1024 * 1024 }

/**
 * Compiles `policies`: a setting of a later entry replaces an earlier one's whole.
 * @param names full names of all methods; a selector that matches none is an error (unless `isPartial`: some
 *   descriptors are still awaited)
 */
export function compileSettings(
  config: GatewayConfig,
  names: readonly string[],
  isPartial: boolean,
  problems: Problems,
): (name: string) => MethodSettings {
  const entries = config.policies.flatMap((policy) => {
    const selector = compileSelector(policy.select.value, policy.select.position, names, isPartial, problems)
    return selector === undefined ? [] : [{ selector, policy }]
  })
  return (name) => {
    let { timeoutMs, maxRequestBytes } = DEFAULTS
    for (const { selector, policy } of entries) {
      if (!selector.matches(name)) continue
      timeoutMs = policy.timeoutMs ?? timeoutMs
      maxRequestBytes = policy.maxRequestBytes ?? maxRequestBytes
    }
    return { timeoutMs, maxRequestBytes }
  }
}

/** Parses a selector of the configuration; one of whose patterns matches no method is reported. */
export function compileSelector(
  source: string,
  position: Position,
  names: readonly string[],
  isPartial: boolean,
  problems: Problems,
): Selector | undefined {
  const parsed = parseSelector(source)
  if ('error' in parsed) {
    problems.error(position, parsed.error, {
      selector: source,
      advice: 'write *, package.*, package.Service.* or package.Service.Method',
    })
    return undefined
  }
  if (!isPartial) {
    for (const pattern of parsed.selector.patterns) {
      if (names.some((name) => pattern.matches(name))) continue
      problems.error(position, `selector "${pattern.source}" matches no method`, {
        selector: pattern.source,
        advice: adviseSelector(pattern, names),
      })
    }
  }
  return parsed.selector
}
