import { Code, StatusError } from '../../status/index.js'
import { PolicyReason } from '../reasons.js'
import type { PolicyKind, PolicyRequest } from '../types.js'
import { compileLimit, type CompiledLimit, type Phase, type Tier } from './compiled-limit.js'
import { secondsOf, Tally, withoutOthersLegacy } from './headers.js'
import type { Verdict } from './types.js'

/** `limits` by address, which are counted before anybody is asked who they are. */
export const addressLimits: PolicyKind = kindOf('limits by address', ['address'])

/** All other `limits`: those that need nothing but the caller before the body is read, the others when it has been. */
export const callerLimits: PolicyKind = kindOf('limits', ['caller', 'message'])

/** Counts a request against limits of one phase. Throws a StatusError where one of them is reached, or rejects with it. */
type Check = (request: PolicyRequest, message: Uint8Array | undefined) => Promise<void> | undefined

function kindOf(name: string, phases: readonly Phase[]): PolicyKind {
  return {
    name,
    compile: (method, { limits = [] }, { limiters }) => {
      const own = limits
        .map((config) => compileLimit(config, method, limiters))
        .filter(({ phase }) => phases.includes(phase))
      if (own.length === 0) return undefined
      const settings = { waitMs: limiters.store.waitMs, hasLegacyHeaders: limiters.config.legacyHeaders }
      const early = own.filter(({ phase }) => phase !== 'message')
      const late = own.filter(({ phase }) => phase === 'message')
      const beforeBody = early.length === 0 ? undefined : checkOf(early, settings)
      return {
        ...(beforeBody === undefined ? {} : { filter: (request) => beforeBody(request, undefined) }),
        ...(late.length === 0 ? {} : { messageFilter: checkOf(late, settings) }),
        ...(settings.hasLegacyHeaders ? { editResponse: withoutOthersLegacy } : {}),
      }
    },
  }
}

interface Settings {
  /** The longest that one request may wait for the store, over all its limits; 0: the store is in this process. */
  readonly waitMs: number
  readonly hasLegacyHeaders: boolean
}

type Told = Verdict | undefined

/** All of them count the request, at the same time. */
function checkOf(limits: readonly CompiledLimit[], { waitMs, hasLegacyHeaders }: Settings): Check {
  // In this process all is known at once.
  if (waitMs === 0) {
    return (request, message) => {
      const tally = new Tally()
      for (let i = 0; i < limits.length; i++) {
        const limit = limits[i]!
        const tier = limit.tierOf(request)
        tally.add(tier, count(limit, tier, request, message, 0) as Told)
      }
      return conclude(request, tally, hasLegacyHeaders)
    }
  }
  return (request, message) => {
    const leftMs = waitMs - request.waitedForLimitsMs
    const tiers = limits.map((limit) => limit.tierOf(request))
    const verdicts = limits.map((limit, i) => count(limit, tiers[i]!, request, message, leftMs))
    const startedMs = performance.now()
    return Promise.all(verdicts).then((told) => {
      request.waitedForLimitsMs += performance.now() - startedMs
      const tally = new Tally()
      told.forEach((verdict, i) => tally.add(tiers[i]!, verdict))
      return conclude(request, tally, hasLegacyHeaders)
    })
  }
}

function count(
  limit: CompiledLimit,
  tier: Tier,
  request: PolicyRequest,
  message: Uint8Array | undefined,
  waitMs: number,
): Told | Promise<Told> {
  const cost = limit.costOf(request, message, tier)
  return tier.limiter.consume(limit.keyOf(request, message), cost, waitMs)
}

/** The first that is reached is told; the client has to wait for all of them. */
function conclude({ responseHeaders }: PolicyRequest, tally: Tally, hasLegacyHeaders: boolean): undefined {
  tally.tell(responseHeaders)
  if (hasLegacyHeaders) tally.tellLegacy(responseHeaders, Date.now())
  const { reached, waitMs } = tally
  if (reached === undefined) return undefined
  throw new StatusError(Code.ResourceExhausted, `the limit ${reached} is reached`, {
    reason: PolicyReason.LimitReached,
    headers: ['retry-after', String(Math.max(1, secondsOf(waitMs)))],
    metadata: { limit: reached },
  })
}
