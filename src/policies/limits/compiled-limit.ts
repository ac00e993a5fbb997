import { createHash } from 'node:crypto'
import { isCelUint } from '@bufbuild/cel'
import type { LimitConfig, RateConfig } from '../../config/index.js'
import { compileCallerKey } from '../caller-key.js'
import { compileOrReport, isFirst, type CompiledExpression } from '../expressions/index.js'
import type { PolicyMethod, PolicyRequest } from '../types.js'
import { compileField } from './field-key.js'
import type { Limiter } from './types.js'
import type { LimiterSet } from './limiters.js'

/** When a limit can be counted: before anybody is asked who they are, after that, or when there is the message. */
export type Phase = 'address' | 'caller' | 'message'

/** A limit, as requests of one plan are counted against it. */
export interface Tier {
  /** Of the limit. */
  readonly name: string
  /** The limit and its burst: what who has used nothing may do at once. */
  readonly most: number
  readonly limiter: Limiter
  /** Its item in `RateLimit-Policy`. */
  readonly policy: string
  /** More than a request can ever take. */
  readonly tooMuch: number
}

/** One limit of a method. */
export interface CompiledLimit {
  readonly phase: Phase
  readonly tierOf: (request: PolicyRequest) => Tier
  /** @param message undefined before its phase */
  readonly keyOf: (request: PolicyRequest, message: Uint8Array | undefined) => string
  readonly costOf: (request: PolicyRequest, message: Uint8Array | undefined, tier: Tier) => number
}

/** Compiles a limit for a method; what is wrong with it is reported. */
export function compileLimit(config: LimitConfig, method: PolicyMethod, limiters: LimiterSet): CompiledLimit {
  const { by, plan, cost } = config
  const expression = typeof cost === 'number' ? undefined : compileOrReport(cost, method)
  const isByField = by.value.startsWith('field:')
  return {
    phase:
      isByField || expression?.usesMessage === true
        ? 'message'
        : by.value === 'address' && plan === undefined && expression?.usesIdentity !== true
          ? 'address'
          : 'caller',
    tierOf: compileTiers(config, limiters),
    keyOf: isByField ? compileFieldKey(config, method) : compileOtherKey(by.value),
    costOf: expression === undefined ? constant(typeof cost === 'number' ? cost : 1) : costBy(expression),
  }
}

/** Longer keys are told apart by their hash: a header may have kilobytes, and each caller is remembered. */
const MAX_KEY_LENGTH = 64

function bounded(key: string): string {
  return key.length <= MAX_KEY_LENGTH ? key : createHash('sha256').update(key).digest('base64url')
}

function compileOtherKey(by: string): CompiledLimit['keyOf'] {
  const keyOf = compileCallerKey(by)
  return (request) => bounded(keyOf(request))
}

function compileFieldKey({ by }: LimitConfig, { name, desc, problems }: PolicyMethod): CompiledLimit['keyOf'] {
  const field = compileField(by.value.slice('field:'.length), desc.input)
  if (typeof field === 'function') {
    // A field that is not set is a key of its own.
    return (_request, message = new Uint8Array(0)) => {
      const value = field(message)
      return value === undefined ? '' : bounded(`=${value}`)
    }
  }
  const { file, line, column } = by.position
  if (isFirst(problems, `${file}:${line}:${column} ${name}`)) {
    problems.error(by.position, `limits cannot be told apart by that: ${field.wrong}`, {
      selector: name,
      advice: 'write field: and names of fields of the request message, the last a single value',
    })
  }
  return () => ''
}

function compileTiers(config: LimitConfig, limiters: LimiterSet): CompiledLimit['tierOf'] {
  const { rates, plan } = config
  const tiers = new Map(rates.map((rate) => [rate.plan, tierFor(config, rate, limiters)]))
  const least = tiers.get(leastOf(rates).plan)!
  if (plan === undefined) return () => least
  // Who has no plan, or one that nobody has heard of, must not have more than any other.
  return ({ identity }) => {
    const value = identity?.claims[plan]
    return (typeof value === 'string' ? tiers.get(value) : undefined) ?? least
  }
}

function leastOf(rates: readonly RateConfig[]): RateConfig {
  return rates.reduce((least, rate) => (rate.points / rate.seconds < least.points / least.seconds ? rate : least))
}

function tierFor(
  { name, burst, by, select }: LimitConfig,
  { plan, points, seconds }: RateConfig,
  limiters: LimiterSet,
): Tier {
  const isPrivate = /^(?:header|claim|field):/.test(by.value)
  const id = JSON.stringify([select, name, by.value, plan ?? null, points, seconds, burst])
  return {
    name,
    most: points + burst,
    limiter: limiters.get({ name, points, seconds, burst, isPrivate, id }),
    policy: `"${name}";q=${points};w=${seconds}`,
    tooMuch: points + burst + 1,
  }
}

function constant(cost: number): CompiledLimit['costOf'] {
  return () => cost
}

/** Fractions are rounded up. A cost that cannot be told, or is less than nothing, is more than any caller has. */
function costBy(expression: CompiledExpression): CompiledLimit['costOf'] {
  return (request, message, { tooMuch }) => {
    const cost = numberOf(expression.evaluate(request, message))
    return cost >= 0 && cost < tooMuch ? Math.ceil(cost) : tooMuch
  }
}

/** NaN: it is none. */
function numberOf(result: unknown): number {
  if (isCelUint(result)) return Number(result.value)
  return typeof result === 'bigint' || typeof result === 'number' ? Number(result) : NaN
}
