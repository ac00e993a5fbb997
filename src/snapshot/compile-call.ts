import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import type { TargetConfig } from '../config/index.js'
import { compileCallHash, type CallHash } from '../exchange/index.js'
import type { Binding } from '../mapping/index.js'
import {
  falling,
  faulting,
  hashOf,
  mirroring,
  resilientCall,
  splitting,
  systemResilience,
  type StickyKey,
  type UnaryCall,
  type Upstream,
} from '../upstream/index.js'
import type { MethodSettings } from './settings.js'

/** An upstream as routes call it. */
export interface CallableUpstream {
  readonly upstream: Upstream
  /** What its balancer tells calls apart by; undefined: by nothing. */
  readonly hashBy: string | undefined
}

/** How a route calls, and what it has to know of a request for that. */
export interface CompiledCall {
  readonly call: UnaryCall
  readonly callHash: CallHash | undefined
  readonly callKeys: readonly CallHash[] | undefined
}

/**
 * How a route calls: with every traffic policy of the method round it. From the outside in: fault, mirror, split, and for each
 * target retry, hedge, fallback, the upstream. What is not set is not there.
 *
 * @param named the upstream of a name; undefined: something is wrong with it, which has been reported
 * @param isCounted some method retries or hedges: calls of all count for the upstream's budget
 */
export function compileCall(
  binding: Binding,
  main: CallableUpstream,
  named: (name: string) => CallableUpstream | undefined,
  settings: MethodSettings,
  isCounted: boolean,
): CompiledCall {
  const { split, fallback, mirror, fault } = settings
  const hashBy = main.hashBy
  const callHash = hashBy === undefined ? undefined : compileCallHash(hashBy, 0)
  const keys: CallHash[] = []
  const isPlain = split === undefined && fallback === undefined && mirror === undefined
  let call: UnaryCall
  if (isPlain) {
    const { upstream } = main
    const plain: UnaryCall = (options, message, onEnd) => upstream.unary(options, message, onEnd)
    call = resilient(plain, upstream, binding, settings, isCounted)
  } else {
    const spare = fallback === undefined ? undefined : named(fallback)
    const callOf = (target: CallableUpstream, subset: string | undefined): UnaryCall => {
      const first = callOn(target, subset, keys)
      const { upstream } = target
      const either =
        spare === undefined ? first : falling(first, callOn(spare, undefined, keys), () => upstream.canServe(subset))
      return resilient(either, upstream, binding, settings, isCounted)
    }
    call = split === undefined ? callOf(main, undefined) : compileSplit(split, named, callOf, keys)
    const shadow = mirror === undefined ? undefined : named(mirror.upstream)
    if (mirror !== undefined && shadow !== undefined) {
      call = mirroring(call, callOn(shadow, mirror.subset, keys), mirror, Math.random)
    }
  }
  if (fault !== undefined) call = faulting(call, fault, systemResilience)
  return { call, callHash: isPlain ? callHash : undefined, callKeys: keys.length === 0 ? undefined : keys }
}

function compileSplit(
  { to, sticky }: NonNullable<MethodSettings['split']>,
  named: (name: string) => CallableUpstream | undefined,
  callOf: (target: CallableUpstream, subset: string | undefined) => UnaryCall,
  keys: CallHash[],
): UnaryCall {
  const targets = to.flatMap(({ upstream, subset, weight }) => {
    const target = named(upstream)
    return target === undefined ? [] : [{ call: callOf(target, subset), id: idOf({ upstream, subset }), weight }]
  })
  let keyOf: StickyKey | undefined
  if (sticky !== undefined) {
    // Calls that say nothing of who they are go where chance says: all to one place would be no split.
    const index = keys.push(compileCallHash(sticky, undefined)) - 1
    keyOf = ({ keys: values }) => values?.[index]
  }
  return splitting(targets, keyOf, Math.random)
}

function idOf({ upstream, subset }: TargetConfig): number {
  return hashOf(subset === undefined ? upstream : `${upstream}/${subset}`)
}

/** Calls on an upstream, or a subset of its endpoints, told apart as its balancer does. */
function callOn({ upstream, hashBy }: CallableUpstream, subset: string | undefined, keys: CallHash[]): UnaryCall {
  if (hashBy === undefined && subset === undefined) {
    return (options, message, onEnd) => upstream.unary(options, message, onEnd)
  }
  const index = hashBy === undefined ? -1 : keys.push(compileCallHash(hashBy, 0)) - 1
  return (options, message, onEnd) =>
    upstream.unary({ ...options, subset, hash: options.keys?.[index] }, message, onEnd)
}

function resilient(
  call: UnaryCall,
  upstream: Upstream,
  binding: Binding,
  settings: MethodSettings,
  isCounted: boolean,
): UnaryCall {
  const { perTryTimeoutMs, retry, hedge } = settings
  const isSafe = isIdempotent(binding)
  return resilientCall(call, upstream.retryBudget, {
    perTryTimeoutMs,
    retry,
    isSafe: isSafe || retry?.unsafe === true,
    // `unsafe` takes the blame for trying again what failed, not for doing twice what would have succeeded.
    hedge: isSafe ? hedge : undefined,
    isCounted,
  })
}

/** HTTP methods of requests that may be sent twice (RFC 9110 §9.2.2), of those that mappings have. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/** True where the method's author, or the HTTP method it is called by, says that calling it twice is as calling it once. */
function isIdempotent({ method, httpMethod }: Binding): boolean {
  const { idempotency } = method
  return (
    idempotency === IdempotencyLevel.NO_SIDE_EFFECTS ||
    idempotency === IdempotencyLevel.IDEMPOTENT ||
    IDEMPOTENT.has(httpMethod)
  )
}
