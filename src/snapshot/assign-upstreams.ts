import type { GatewayConfig, UpstreamConfig } from '../config/index.js'
import type { Problems } from '../problems/index.js'
import { compileSelector, type KnownMethods } from './settings.js'

/**
 * Which upstream serves each method, by the `services` selectors. Two upstreams that claim one method are refused; a
 * method that none claims is not in the map.
 */
export function assignUpstreams(
  config: GatewayConfig,
  known: KnownMethods,
  problems: Problems,
): ReadonlyMap<string, UpstreamConfig> {
  const assigned = new Map<string, UpstreamConfig>()
  for (const upstream of config.upstreams) {
    for (const { value, position } of upstream.services) {
      const selector = compileSelector({ value, position }, known, problems)
      if (selector === undefined) continue
      const contested: string[] = []
      let other: UpstreamConfig | undefined
      for (const name of known.names) {
        if (!selector.matches(name)) continue
        const holder = assigned.get(name)
        if (holder === undefined) assigned.set(name, upstream)
        else if (holder !== upstream) {
          other ??= holder
          contested.push(name)
        }
      }
      if (other === undefined) continue
      problems.error(position, `upstreams "${other.name}" and "${upstream.name}" both claim ${summarise(contested)}`, {
        selector: value,
        advice: 'let one upstream serve each method: narrow the services of one of them',
      })
    }
  }
  return assigned
}

function summarise(names: readonly string[]): string {
  const [first] = names
  return names.length === 1 ? first! : `${first!} and ${names.length - 1} more`
}
