import { Code, StatusError } from '../../status/index.js'
import { PolicyReason } from '../reasons.js'
import type { PolicyKind, PolicyRequest } from '../types.js'
import { compileLimit, type CompiledLimit, type Phase, type Tier } from './compiled-limit.js'
import { secondsOf, tellLegacy, tellLimits, withoutOthersLegacy } from './headers.js'
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
  return (request, message) => {
    const tiers = new Array<Tier>(limits.length)
    const verdicts = new Array<Told | Promise<Told>>(limits.length)
    const leftMs = waitMs - request.waitedForLimitsMs
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i]!
      const tier = limit.tierOf(request)
      tiers[i] = tier
      const cost = limit.costOf(request, message, tier)
      verdicts[i] = tier.limiter.consume(limit.keyOf(request, message), cost, leftMs)
    }
    // In this process all of them are known at once.
    if (waitMs === 0) return conclude(request, tiers, verdicts as Told[], hasLegacyHeaders)
    const startedMs = performance.now()
    return Promise.all(verdicts).then((told) => {
      request.waitedForLimitsMs += performance.now() - startedMs
      return conclude(request, tiers, told, hasLegacyHeaders)
    })
  }
}

/** The first that is reached is told; the client has to wait for all of them. */
function conclude(
  request: PolicyRequest,
  tiers: readonly Tier[],
  verdicts: readonly Told[],
  hasLegacyHeaders: boolean,
): undefined {
  tellLimits(request.responseHeaders, tiers, verdicts)
  if (hasLegacyHeaders) tellLegacy(request.responseHeaders, tiers, verdicts, Date.now())
  let reached: string | undefined
  let waitMs = 0
  for (let i = 0; i < verdicts.length; i++) {
    const verdict = verdicts[i]
    if (verdict === undefined || verdict.isAllowed) continue
    reached ??= tiers[i]!.name
    waitMs = Math.max(waitMs, verdict.msBeforeNext)
  }
  if (reached === undefined) return undefined
  throw new StatusError(Code.ResourceExhausted, `the limit ${reached} is reached`, {
    reason: PolicyReason.LimitReached,
    headers: ['retry-after', String(Math.max(1, secondsOf(waitMs)))],
    metadata: { limit: reached },
  })
}
