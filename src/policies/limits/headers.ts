import type { Tier } from './compiled-limit.js'
import type { Verdict } from './types.js'

type Verdicts = readonly (Verdict | undefined)[]

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): an item for each limit, in one line each however often
 * limits are counted. Of a limit that nobody has counted nothing is known.
 *
 * @param headers name, value, name, value …
 */
export function tellLimits(headers: string[], tiers: readonly Tier[], verdicts: Verdicts): void {
  let policies = ''
  let states = ''
  for (let i = 0; i < tiers.length; i++) {
    const verdict = verdicts[i]
    policies = joined(policies, tiers[i]!.policy)
    if (verdict === undefined) continue
    // Names have no characters that a string of structured fields would have to escape (RFC 9651 §3.3.3).
    states = joined(states, `"${tiers[i]!.name}";r=${verdict.remaining};t=${secondsOf(verdict.msBeforeNext)}`)
  }
  add(headers, 'ratelimit-policy', policies)
  if (states !== '') add(headers, 'ratelimit', states)
}

/**
 * The older set, which knows one limit: of those of a request the one that has least left. `X-RateLimit-Reset` is a time, in seconds
 * since 1970, as the services have it that it comes from.
 */
export function tellLegacy(headers: string[], tiers: readonly Tier[], verdicts: Verdicts, nowMs: number): void {
  for (let i = 0; i < tiers.length; i++) {
    const verdict = verdicts[i]
    if (verdict === undefined) continue
    const before = headers.indexOf('x-ratelimit-limit')
    if (before !== -1 && Number(headers[before + 3]) <= verdict.remaining) continue
    if (before !== -1) headers.splice(before, 6)
    headers.push('x-ratelimit-limit', String(tiers[i]!.points), 'x-ratelimit-remaining', String(verdict.remaining))
    headers.push('x-ratelimit-reset', String(secondsOf(nowMs + verdict.msBeforeNext)))
  }
}

/** An upstream has such headers perhaps, of limits of its own: clients are told of ours, which come last. */
export function withoutOthersLegacy(headers: string[]): string[] {
  const own = headers.lastIndexOf('x-ratelimit-limit')
  if (own === -1) return headers
  return headers.filter((_, at) => {
    const pair = at - (at % 2)
    return !LEGACY.has(headers[pair]!) || (pair >= own && pair < own + 6)
  })
}

const LEGACY: ReadonlySet<string> = new Set(['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'])

/** Whole seconds, rounded up: before they are over there is no more. */
export function secondsOf(ms: number): number {
  return ms <= 0 ? 0 : Math.ceil(ms / 1000)
}

const joined = (list: string, item: string): string => (list === '' ? item : `${list}, ${item}`)

function add(headers: string[], name: string, value: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] === name) {
      headers[i + 1] = joined(headers[i + 1]!, value)
      return
    }
  }
  headers.push(name, value)
}
