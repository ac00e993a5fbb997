import { Code, codeOfName } from '../status/index.js'
import { nearestAdvice } from './nearest.js'
import type { Normalization } from './normalization.js'
import type { FaultConfig, MirrorConfig, SplitConfig, TargetConfig } from './types.js'
import { shareOf } from './units.js'
import type { WrittenPolicy, WrittenUpstream } from './written.js'

/** The upstreams that policies may name. */
export type WrittenUpstreams = Readonly<Record<string, WrittenUpstream>>

/** What calls can be told apart by; a header's name is a token (RFC 9110 §5.6.2). */
const STICKY = /^(?:address|identity|claim:.+|header:[A-Za-z0-9!#$%&'*+.^_`|~-]+)$/

export function normalizeSplit(
  pointer: string,
  { to, sticky }: NonNullable<WrittenPolicy['split']>,
  upstreams: WrittenUpstreams,
  at: Normalization,
): SplitConfig {
  if (sticky !== undefined && !STICKY.test(sticky)) {
    at.error(
      `${pointer}/sticky`,
      `${JSON.stringify(sticky)} is nothing to tell calls apart by`,
      'write header:NAME, claim:NAME, identity or address, for example header:x-user',
    )
  }
  if (to.every(({ weight }) => weight === 0)) {
    at.error(`${pointer}/to`, 'no call would go anywhere: every weight is 0', 'give one of them a weight')
  }
  return {
    to: to.map((target, index) => ({
      ...normalizeTarget(`${pointer}/to/${index}`, target, upstreams, at),
      weight: target.weight,
    })),
    // Names of claims are what they are; those of headers in any case.
    sticky: sticky?.startsWith('header:') === true ? sticky.toLowerCase() : sticky,
  }
}

export function normalizeMirror(
  pointer: string,
  written: NonNullable<WrittenPolicy['mirror']>,
  upstreams: WrittenUpstreams,
  at: Normalization,
): MirrorConfig {
  const { percent, maxConcurrent } = written
  return { ...normalizeTarget(pointer, written, upstreams, at), share: shareOf(percent), maxConcurrent }
}

export function normalizeFault(
  pointer: string,
  { delay, abort }: NonNullable<WrittenPolicy['fault']>,
  at: Normalization,
): FaultConfig {
  return {
    delay:
      delay === undefined
        ? undefined
        : { ms: at.durationMs(`${pointer}/delay/time`, delay.time), share: shareOf(delay.percent) },
    abort:
      abort === undefined
        ? undefined
        : { code: codeOfName(abort.status) ?? Code.Unavailable, share: shareOf(abort.percent) },
  }
}

function normalizeTarget(
  pointer: string,
  { upstream, subset }: { readonly upstream: string; readonly subset?: string },
  upstreams: WrittenUpstreams,
  at: Normalization,
): TargetConfig {
  requireUpstream(`${pointer}/upstream`, upstream, upstreams, at)
  const known = Object.keys(upstreams[upstream]?.subsets ?? {})
  if (subset !== undefined && Object.hasOwn(upstreams, upstream) && !known.includes(subset)) {
    const message = `upstream ${JSON.stringify(upstream)} has no subset ${JSON.stringify(subset)}`
    at.error(
      `${pointer}/subset`,
      message,
      nearestAdvice(subset, known, 'subset') ?? `name it in upstreams.${upstream}.subsets`,
    )
  }
  return { upstream, subset }
}

export function requireUpstream(pointer: string, name: string, upstreams: WrittenUpstreams, at: Normalization): void {
  if (Object.hasOwn(upstreams, name)) return
  const message = `no upstream is named ${JSON.stringify(name)}`
  at.inputError(pointer, message, nearestAdvice(name, Object.keys(upstreams), 'upstream'))
}
