import { expect, test } from '@jest/globals'
import { resilientCall, RetryBudget, type ResilienceSettings } from '../../../src/upstream/resilience/index.js'
import { peer } from '../../support/fake-transport.js'
import { FakeClock, outcome, ScriptedCalls } from '../../support/scripted-calls.js'

/* What an upstream's budget takes for a call: the budget is a share of them. */

const RETRY = { attempts: 2, on: new Set([14]), initialBackoffMs: 10, maxBackoffMs: 10, budget: 1 }
const HEDGE = { attempts: 2, delayMs: 50, on: new Set([14]), budget: 1 }

class SeenBudget extends RetryBudget {
  calls = 0

  override countCall(nowMs: number): void {
    this.calls++
    super.countCall(nowMs)
  }
}

test.each<{ what: string; settings: Partial<ResilienceSettings>; attempts: number; counted: number }>([
  { what: 'neither, where another method has one', settings: {}, attempts: 1, counted: 1 },
  { what: 'neither, where no method has one', settings: { isCounted: false }, attempts: 1, counted: 0 },
  { what: 'a time-out of tries only', settings: { perTryTimeoutMs: 1000 }, attempts: 1, counted: 1 },
  { what: 'retry', settings: { retry: RETRY }, attempts: 2, counted: 1 },
  { what: 'hedge', settings: { hedge: HEDGE }, attempts: 2, counted: 1 },
  { what: 'retry and hedge', settings: { retry: RETRY, hedge: HEDGE }, attempts: 4, counted: 1 },
])('a call with $what: $attempts attempts count as $counted', ({ settings, attempts, counted }) => {
  const calls = new ScriptedCalls()
  const clock = new FakeClock()
  const budget = new SeenBudget()
  const call = resilientCall(calls.call, budget, { isSafe: true, isCounted: true, ...settings }, clock)
  call({ path: '/a.B/C', metadata: [], deadlineMs: clock.nowMs + 60_000 }, Uint8Array.of(1), outcome().onEnd)
  for (let i = 0; i < calls.attempts.length; i++) {
    calls.attempts[i]!.end(peer(14))
    clock.advance(100)
  }
  expect([calls.attempts.length, budget.calls]).toEqual([attempts, counted])
})
