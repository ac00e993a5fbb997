import type { LimitConfig } from '../../config/index.js'
import { Code, StatusError } from '../../status/index.js'
import { compileCallerKey } from '../caller-key.js'
import { PolicyReason } from '../reasons.js'
import type { PolicyKind, PolicyRequest } from '../types.js'
import type { MemoryLimiter, Verdict } from './limiter.js'

interface CompiledLimit {
  readonly config: LimitConfig
  readonly limiter: MemoryLimiter
  readonly keyOf: (request: PolicyRequest) => string
}

/** `limits` by address, which are counted before anybody is asked who they are. */
export const addressLimits: PolicyKind = kindOf('limits by address', ({ by }) => by === 'address')

/** All other `limits`. */
export const callerLimits: PolicyKind = kindOf('limits', ({ by }) => by !== 'address')

function kindOf(name: string, isOwn: (limit: LimitConfig) => boolean): PolicyKind {
  return {
    name,
    compile: (_method, { limits = [] }, { limiters }) => {
      const own = limits.filter(isOwn)
      if (own.length === 0) return undefined
      const compiled = own.map((config): CompiledLimit => {
        return { config, limiter: limiters.get(config), keyOf: compileCallerKey(config.by) }
      })
      const policy = own
        .map(({ name: limit, points, seconds }) => `${quoted(limit)};q=${points};w=${seconds}`)
        .join(', ')
      return { filter: (request) => check(request, compiled, policy) }
    },
  }
}

/** All of them count the request; the first that refuses it is told. */
async function check(request: PolicyRequest, limits: readonly CompiledLimit[], policy: string): Promise<void> {
  const verdicts = await Promise.all(
    limits.map(({ config, limiter, keyOf }) => limiter.consume(keyOf(request), config.cost)),
  )
  const states = verdicts.map((verdict, index) => stateOf(limits[index]!.config.name, verdict))
  // draft-ietf-httpapi-ratelimit-headers-10
  request.responseHeaders.push('ratelimit-policy', policy, 'ratelimit', states.join(', '))
  const refused = verdicts.findIndex(({ isAllowed }) => !isAllowed)
  if (refused === -1) return
  const { name } = limits[refused]!.config
  const waitMs = Math.max(...verdicts.filter(({ isAllowed }) => !isAllowed).map(({ msBeforeNext }) => msBeforeNext))
  throw new StatusError(Code.ResourceExhausted, `the limit ${name} is reached`, {
    reason: PolicyReason.LimitReached,
    headers: ['retry-after', String(Math.max(1, Math.ceil(waitMs / 1000)))],
    metadata: { limit: name },
  })
}

function stateOf(name: string, { remaining, msBeforeNext }: Verdict): string {
  return `${quoted(name)};r=${remaining};t=${Math.ceil(msBeforeNext / 1000)}`
}

/** A string of structured fields (RFC 9651 §3.3.3); names have no characters that need more. */
function quoted(name: string): string {
  return `"${name}"`
}
