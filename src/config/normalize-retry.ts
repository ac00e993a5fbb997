import { Code, codeOfName } from '../status/index.js'
import type { Normalization } from './normalization.js'
import type { RetryConfig } from './types.js'
import { shareOf } from './units.js'
import type { WrittenRetry } from './written.js'

export function normalizeRetry(pointer: string, written: WrittenRetry, at: Normalization): RetryConfig {
  const { attempts, on, backoff, budget, unsafe } = written
  const initialBackoffMs = at.durationMs(`${pointer}/backoff/initial`, backoff.initial)
  const maxBackoffMs = at.durationMs(`${pointer}/backoff/max`, backoff.max)
  if (maxBackoffMs < initialBackoffMs) {
    at.error(`${pointer}/backoff`, 'max is shorter than initial', 'make max at least as long')
  }
  return {
    attempts,
    on: new Set(on.map((name) => codeOfName(name) ?? Code.Unavailable)),
    initialBackoffMs,
    maxBackoffMs,
    budget: shareOf(budget),
    unsafe,
  }
}
