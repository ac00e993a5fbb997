import type { Environment } from '../../config/index.js'
import { numberOf, textOf, type Warn } from '../otlp/index.js'
import { traceIdIn } from '../trace-context.js'

/**
 * Whether a request is recorded.
 * @param isParentSampled what the caller has decided for its part; undefined: there is none
 * @param traceparent has the trace id
 * @param fold gives the four words of 32 bits of that id, XORed
 */
export type Sampler = (
  isParentSampled: boolean | undefined,
  traceparent: string,
  fold: (traceparent: string) => number,
) => boolean

const always: Sampler = () => true
const never: Sampler = () => false

const parentBased =
  (root: Sampler): Sampler =>
  (isParentSampled, traceparent, fold) =>
    isParentSampled ?? root(undefined, traceparent, fold)

/** `OTEL_TRACES_SAMPLER`; the argument is a share, which only the ratios have. */
const SAMPLERS: Readonly<Record<string, (ratio: () => number) => Sampler>> = {
  always_on: () => always,
  always_off: () => never,
  traceidratio: (ratio) => ratioSampler(ratio()),
  parentbased_always_on: () => parentBased(always),
  parentbased_always_off: () => parentBased(never),
  parentbased_traceidratio: (ratio) => parentBased(ratioSampler(ratio())),
}
const DEFAULT = 'parentbased_always_on'

export function samplerOf(env: Environment, warn: Warn): Sampler {
  const name = textOf(env, 'OTEL_TRACES_SAMPLER') ?? DEFAULT
  const ratio = (): number => {
    const share = numberOf(env, 'OTEL_TRACES_SAMPLER_ARG', 1, 0, warn)
    if (share > 1) warn(`OTEL_TRACES_SAMPLER_ARG: ${share} is more than all; taken is 1`)
    return Math.min(1, share)
  }
  const make = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name] : undefined
  if (make !== undefined) return make(ratio)
  const known = Object.keys(SAMPLERS).join(', ')
  warn(`OTEL_TRACES_SAMPLER: ${JSON.stringify(name)} is none of ${known}; taken is ${DEFAULT}`)
  return SAMPLERS[DEFAULT]!(ratio)
}

/**
 * So large a share of trace ids, the same ones as those the JavaScript SDK takes: services that sample by one share, each for
 * itself, then have whole traces.
 */
function ratioSampler(share: number): Sampler {
  if (share >= 1) return always
  const bound = Math.floor(share * 0xffffffff)
  return (_, traceparent, fold) => fold(traceparent) < bound
}

/** @param traceparent one that `isTraceparent` takes */
export function foldOf(traceparent: string): number {
  const traceId = traceIdIn(traceparent)
  let all = 0
  for (let i = 0; i < 32; i += 8) {
    let word = 0
    for (let j = i; j < i + 8; j++) {
      const c = traceId.charCodeAt(j)
      word = (word << 4) | (c < 58 ? c - 48 : c - 87)
    }
    all ^= word
  }
  return all >>> 0
}
