import type { GatewayConfig, Located, PolicyConfig, PolicySettings } from '../config/index.js'
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

/** What requests have to have for an entry of `policies` to be for them, beyond the method. */
export type Condition = NonNullable<PolicyConfig['match']>

/** The settings of one method, which may depend on the request. */
export interface SettingsVariants {
  readonly conditions: readonly Condition[]
  /** @param met a bit for each of `conditions`, the first the lowest */
  settingsFor(met: number): MethodSettings
}

/** More would make more variants than there is need for, and every request is asked about each. */
const MAX_CONDITIONS = 8

/** Compiles `policies`: a setting of a later entry replaces an earlier one's whole. */
export function compileSettings(
  config: GatewayConfig,
  known: KnownMethods,
  problems: Problems,
): (name: string) => SettingsVariants {
  const entries = config.policies.flatMap((policy) => {
    const selector = compileSelector(policy.select, known, problems)
    return selector === undefined ? [] : [{ selector, policy }]
  })
  const told = new Set<PolicyConfig>()
  return (name) => {
    const own = entries.flatMap(({ selector, policy }) => (selector.matches(name) ? [policy] : []))
    const conditional = own.filter(({ match }) => match !== undefined)
    const excess = conditional[MAX_CONDITIONS]
    if (excess !== undefined && !told.has(excess)) {
      told.add(excess)
      const message = `more than ${MAX_CONDITIONS} entries with match are for ${name}`
      problems.error(excess.select.position, message, { selector: excess.select.value, advice: 'merge some of them' })
    }
    const counted = conditional.slice(0, MAX_CONDITIONS)
    return {
      conditions: counted.map(({ match }) => match!),
      settingsFor: (met) => {
        let settings = DEFAULTS
        for (const policy of own) {
          const isMet = policy.match === undefined || ((met >> counted.indexOf(policy)) & 1) === 1
          if (isMet) settings = { ...settings, ...policy.settings }
        }
        return settings
      },
    }
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
