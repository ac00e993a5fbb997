import { Code, codeOfName } from '../status/index.js'
import type { Normalization } from './normalization.js'
import type { HedgeConfig, RetryConfig } from './types.js'
import { shareOf } from './units.js'
import type { WrittenHedge, WrittenRetry } from './written.js'

export function normalizeRetry(pointer: string, written: WrittenRetry, at: Normalization): RetryConfig {
  const { attempts, on, backoff, budget, unsafe } = written
  const initialBackoffMs = at.durationMs(`${pointer}/backoff/initial`, backoff.initial)
  const maxBackoffMs = at.durationMs(`${pointer}/backoff/max`, backoff.max)
  if (maxBackoffMs < initialBackoffMs) {
    at.error(`${pointer}/backoff`, 'max is shorter than initial', 'make max at least as long')
  }
  return {
    attempts,
    on: codesOf(on),
    initialBackoffMs,
    maxBackoffMs,
    budget: shareOf(budget),
    unsafe,
  }
}

export function normalizeHedge(pointer: string, written: WrittenHedge, at: Normalization): HedgeConfig {
  const { delay, attempts, on, budget } = written
  return { delayMs: at.durationMs(`${pointer}/delay`, delay, 0), attempts, on: codesOf(on), budget: shareOf(budget) }
}

/** Names that the schema takes. */
function codesOf(names: readonly string[]): ReadonlySet<Code> {
  return new Set(names.map((name) => codeOfName(name) ?? Code.Unknown))
}
