import type { GatewayConfig, Located, PolicySettings } from '../config/index.js'
import { adviseSelector, parseSelector, type Selector } from '../mapping/index.js'
import type { Problems } from '../problems/index.js'
import type { MayMatchUnknown } from './unknown-methods.js'

/** What selectors are checked against. */
export interface KnownMethods {
  /** Full names of all methods. */
  readonly names: readonly string[]
  readonly mayMatchUnknown: MayMatchUnknown
}

/** The settings of one method, merged from every policy entry that selects it. */
export type MethodSettings = PolicySettings & Required<Pick<PolicySettings, 'timeoutMs' | 'maxRequestBytes'>>

const DEFAULTS: MethodSettings = { timeoutMs: 15_000, maxRequestBytes: 4 * 1024 * 1024 }

/** Compiles `policies`: a setting of a later entry replaces an earlier one's whole. */
export function compileSettings(
  config: GatewayConfig,
  known: KnownMethods,
  problems: Problems,
): (name: string) => MethodSettings {
  const entries = config.policies.flatMap((policy) => {
    const selector = compileSelector(policy.select, known, problems)
    return selector === undefined ? [] : [{ selector, policy }]
  })
  return (name) => {
    let settings = DEFAULTS
    for (const { selector, policy } of entries) {
      if (selector.matches(name)) settings = { ...settings, ...policy.settings }
    }
    return settings
  }
}

/** Parses a selector of the configuration; one of whose patterns matches no method is reported. */
export function compileSelector(
  { value, position }: Located<string>,
  { names, mayMatchUnknown }: KnownMethods,
  problems: Problems,
): Selector | undefined {
  const parsed = parseSelector(value)
  if ('error' in parsed) {
    problems.error(position, parsed.error, {
      selector: value,
      advice: 'write *, package.*, package.Service.* or package.Service.Method',
    })
    return undefined
  }
  for (const pattern of parsed.selector.patterns) {
    if (names.some((name) => pattern.matches(name)) || mayMatchUnknown(pattern)) continue
    problems.error(position, `selector "${pattern.source}" matches no method`, {
      selector: pattern.source,
      advice: adviseSelector(pattern, names),
    })
  }
  return parsed.selector
}
