import type { PolicyRequest } from '../types.js'
import type { Tier } from './compiled-limit.js'
import type { Verdict } from './types.js'

/**
 * What the limits of one request say, as it is told: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10) have an
 * item for each limit, in one line each however often limits are counted. Of a limit that nobody has counted nothing is known.
 */
export class Tally {
  /** The first limit that refuses the request; undefined: none does. */
  reached: string | undefined = undefined
  /** Until all that refuse it have room again. */
  waitMs = 0
  #policies = ''
  #states = ''
  /** That which has least left. */
  #scarcest: Tier | undefined = undefined
  #verdict: Verdict | undefined = undefined

  add(tier: Tier, verdict: Verdict | undefined): void {
    this.#policies = joined(this.#policies, tier.policy)
    if (verdict === undefined) return
    const { remaining, msBeforeNext } = verdict
    // Names have no characters that a string of structured fields would have to escape (RFC 9651 §3.3.3).
    this.#states = joined(this.#states, `"${tier.name}";r=${remaining};t=${secondsOf(msBeforeNext)}`)
    if (this.#verdict === undefined || remaining < this.#verdict.remaining) {
      this.#scarcest = tier
      this.#verdict = verdict
    }
    if (verdict.isAllowed) return
    this.reached ??= tier.name
    this.waitMs = Math.max(this.waitMs, msBeforeNext)
  }

  /** @param headers name, value, name, value … */
  tell(headers: string[]): void {
    add(headers, 'ratelimit-policy', this.#policies)
    if (this.#states !== '') add(headers, 'ratelimit', this.#states)
  }

  /**
   * The older set, which knows one limit: of those of a request the one that has least left. `X-RateLimit-Reset` is a time, in seconds
   * since 1970, as the services have it that it comes from.
   */
  tellLegacy(headers: string[], nowMs: number): void {
    const verdict = this.#verdict
    if (verdict === undefined) return
    const before = lastAt(headers, LEGACY_LIMIT)
    if (before !== -1 && Number(headers[before + 3]) <= verdict.remaining) return
    if (before !== -1) headers.splice(before, 6)
    headers.push(LEGACY_LIMIT, String(this.#scarcest!.most))
    headers.push('x-ratelimit-remaining', String(verdict.remaining))
    headers.push('x-ratelimit-reset', String(secondsOf(nowMs + verdict.msBeforeNext)))
  }
}

/** An upstream has such headers perhaps, of limits of its own: clients are told of ours, which come last, where there are any. */
export function withoutOthersLegacy(headers: string[], { responseHeaders }: PolicyRequest): string[] {
  if (lastAt(responseHeaders, LEGACY_LIMIT) === -1) return headers
  const own = lastAt(headers, LEGACY_LIMIT)
  return headers.filter((_, at) => {
    const pair = at - (at % 2)
    return !LEGACY.has(headers[pair]!) || (pair >= own && pair < own + 6)
  })
}

const LEGACY_LIMIT = 'x-ratelimit-limit'
const LEGACY: ReadonlySet<string> = new Set([LEGACY_LIMIT, 'x-ratelimit-remaining', 'x-ratelimit-reset'])

/** Where a name stands last; -1: nowhere. Values may read like names: they come from clients, too. */
function lastAt(headers: readonly string[], name: string): number {
  for (let at = headers.length - 2; at >= 0; at -= 2) if (headers[at] === name) return at
  return -1
}

/** Whole seconds, rounded up: before they are over there is no more. */
export function secondsOf(ms: number): number {
  return ms <= 0 ? 0 : Math.ceil(ms / 1000)
}

const joined = (list: string, item: string): string => (list === '' ? item : `${list}, ${item}`)

function add(headers: string[], name: string, value: string): void {
  const at = lastAt(headers, name)
  if (at === -1) headers.push(name, value)
  else headers[at + 1] = joined(headers[at + 1]!, value)
}
