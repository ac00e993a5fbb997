import { Code, StatusError } from '../../status/index.js'
import { PolicyReason } from '../reasons.js'
import type { PolicyKind, PolicyRequest } from '../types.js'
import { compileLimit, type CompiledLimit, type Phase, type Tier } from './compiled-limit.js'
import { secondsOf, tellLegacy, tellLimits } from './headers.js'
import type { Verdict } from './types.js'

/** `limits` by address, which are counted before anybody is asked who they are. */
export const addressLimits: PolicyKind = kindOf('limits by address', ['address'])

/** All other `limits`: those that need nothing but the caller before the body is read, the others when it has been. */
export const callerLimits: PolicyKind = kindOf('limits', ['caller', 'message'])

/** Counts a request against limits of one phase. Rejects with a StatusError where one of them is reached. */
type Check = (request: PolicyRequest, message: Uint8Array | undefined) => Promise<void>

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
      }
    },
  }
}

interface Settings {
  /** The longest that one request may wait for the store, over all its limits; 0: the store is in this process. */
  readonly waitMs: number
  readonly hasLegacyHeaders: boolean
}

/** All of them count the request, at the same time. */
function checkOf(limits: readonly CompiledLimit[], { waitMs, hasLegacyHeaders }: Settings): Check {
  const isRemote = waitMs > 0
  return async (request, message) => {
    const startedMs = isRemote ? performance.now() : 0
    const leftMs = waitMs - request.waitedForLimitsMs
    const tiers: Tier[] = []
    const counted: Promise<Verdict | undefined>[] = []
    for (const limit of limits) {
      const tier = limit.tierOf(request)
      tiers.push(tier)
      counted.push(tier.limiter.consume(limit.keyOf(request, message), limit.costOf(request, message, tier), leftMs))
    }
    const verdicts = counted.length === 1 ? [await counted[0]] : await Promise.all(counted)
    if (isRemote) request.waitedForLimitsMs += performance.now() - startedMs
    tellLimits(request.responseHeaders, limits, tiers, verdicts)
    if (hasLegacyHeaders) tellLegacy(request.responseHeaders, tiers, verdicts, Date.now())
    refuseWhereReached(limits, verdicts)
  }
}

/** The first that is reached is told; the client has to wait for all of them. */
function refuseWhereReached(limits: readonly CompiledLimit[], verdicts: readonly (Verdict | undefined)[]): void {
  let reached: string | undefined
  let waitMs = 0
  for (let i = 0; i < verdicts.length; i++) {
    const verdict = verdicts[i]
    if (verdict === undefined || verdict.isAllowed) continue
    reached ??= limits[i]!.name
    waitMs = Math.max(waitMs, verdict.msBeforeNext)
  }
  if (reached === undefined) return
  throw new StatusError(Code.ResourceExhausted, `the limit ${reached} is reached`, {
    reason: PolicyReason.LimitReached,
    headers: ['retry-after', String(Math.max(1, secondsOf(waitMs)))],
    metadata: { limit: reached },
  })
}
