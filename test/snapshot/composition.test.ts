import { describe, expect, test } from '@jest/globals'
import type { Binding } from '../../src/mapping/index.js'
import { compileCall, type CallableUpstream } from '../../src/snapshot/compile-call.js'
import type { MethodSettings } from '../../src/snapshot/settings.js'
import { RetryBudget, type CallStatus, type Upstream } from '../../src/upstream/index.js'
import { until } from '../support/calls.js'
import { local, peer } from '../support/fake-transport.js'
import { outcome, ScriptedCalls } from '../support/scripted-calls.js'

/* Every pair of traffic policies on one route, and what must hold of both. */

const RETRY = {
  attempts: 3,
  on: new Set([14] as const),
  initialBackoffMs: 1,
  maxBackoffMs: 1,
  budget: 1,
  unsafe: false,
}
const HEDGE = { attempts: 2, delayMs: 15, on: new Set([14] as const), budget: 1 }
const SPLIT = { to: [{ upstream: 'canary', subset: undefined, weight: 1 }], sticky: undefined }
const MIRROR = { upstream: 'shadow', subset: undefined, share: 1, maxConcurrent: 10 }
const ABORT = { delay: undefined, abort: { code: 8, share: 1 } } as const
const DELAY = { delay: { ms: 30, share: 1 }, abort: undefined } as const
const REFUSED: CallStatus = { ...local(14, 'full', true), isRefused: true }
const NEVER_LEFT = local(14, 'no connection', true)

class World {
  readonly main = new ScriptedCalls()
  readonly canary = new ScriptedCalls()
  readonly shadow = new ScriptedCalls()
  readonly dr = new ScriptedCalls()
  /** Upstreams without an endpoint that could take a call. */
  readonly down = new Set<string>()
  readonly outcome = outcome()

  begin(settings: Partial<MethodSettings>): { cancel(): void } {
    const upstreams = new Map(
      (['main', 'canary', 'shadow', 'dr'] as const).map((name) => [name as string, this.#upstream(name)]),
    )
    const binding = { method: { idempotency: 1 }, httpMethod: 'POST' } as unknown as Binding
    const all = { timeoutMs: 1000, maxRequestBytes: 1000, ...settings }
    const { call } = compileCall(binding, upstreams.get('main')!, (name) => upstreams.get(name), all, true)
    return call({ path: '/a.B/C', metadata: [], deadlineMs: Date.now() + 5000 }, Uint8Array.of(7), this.outcome.onEnd)
  }

  #upstream(name: 'main' | 'canary' | 'shadow' | 'dr'): CallableUpstream {
    const retryBudget = new RetryBudget()
    for (let i = 0; i < 100; i++) retryBudget.countCall(Date.now())
    const upstream = { name, retryBudget, unary: this[name].call, canServe: () => !this.down.has(name) }
    return { upstream: upstream as unknown as Upstream, hashBy: undefined }
  }

  /** Ends the nth attempt on an upstream, once it is there. */
  async end(calls: ScriptedCalls, nth: number, status: CallStatus): Promise<void> {
    await until(() => calls.attempts.length >= nth, `attempt ${nth}`)
    calls.attempts[nth - 1]!.end(status)
  }

  get counts(): number[] {
    return [this.main, this.canary, this.shadow, this.dr].map(({ attempts }) => attempts.length)
  }

  /** The code the caller was told; undefined: nothing yet. */
  get told(): number | undefined {
    expect(this.outcome.ends.length).toBeLessThanOrEqual(1)
    return this.outcome.ends[0]?.[0].status.code
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40))

interface Row {
  readonly pair: string
  readonly must: string
  readonly settings: Partial<MethodSettings>
  readonly run: (world: World) => Promise<void>
  /** Attempts on main, canary, shadow and dr. */
  readonly attempts: readonly number[]
  readonly told: number
}

const ROWS: readonly Row[] = [
  {
    pair: 'retry × hedge',
    must: 'a retry begins when all attempts beside each other have failed',
    settings: { retry: RETRY, hedge: HEDGE },
    run: async (world) => {
      await world.end(world.main, 1, peer(14))
      await world.end(world.main, 2, peer(14))
      await world.end(world.main, 3, peer(0))
    },
    attempts: [3, 0, 0, 0],
    told: 0,
  },
  {
    pair: 'retry × split',
    must: 'a retry stays where the split has put the call',
    settings: { retry: RETRY, split: SPLIT },
    run: async (world) => {
      await world.end(world.canary, 1, peer(14))
      await world.end(world.canary, 2, peer(0))
    },
    attempts: [0, 2, 0, 0],
    told: 0,
  },
  {
    pair: 'retry × fallback',
    must: 'a call nobody takes falls back at once, as one attempt; what fails there is tried again',
    settings: { retry: RETRY, fallback: 'dr' },
    run: async (world) => {
      await world.end(world.main, 1, NEVER_LEFT)
      await world.end(world.dr, 1, peer(14))
      await world.end(world.main, 2, peer(0))
    },
    attempts: [2, 0, 0, 1],
    told: 0,
  },
  {
    pair: 'retry × mirror',
    must: 'a call is mirrored once, however often it is tried',
    settings: { retry: RETRY, mirror: MIRROR },
    run: async (world) => {
      await world.end(world.main, 1, peer(14))
      await world.end(world.main, 2, peer(0))
    },
    attempts: [2, 0, 1, 0],
    told: 0,
  },
  {
    pair: 'retry × fault',
    must: 'an aborted call is not tried again',
    settings: { retry: { ...RETRY, on: new Set([8] as const) }, fault: ABORT },
    run: settle,
    attempts: [0, 0, 0, 0],
    told: 8,
  },
  {
    pair: 'retry × breaker',
    must: 'what a breaker refuses is not tried again',
    settings: { retry: RETRY },
    run: (world) => world.end(world.main, 1, REFUSED),
    attempts: [1, 0, 0, 0],
    told: 14,
  },
  {
    pair: 'hedge × split',
    must: 'the attempts beside each other are where the split has put the call',
    settings: { hedge: HEDGE, split: SPLIT },
    run: (world) => world.end(world.canary, 2, peer(0)),
    attempts: [0, 2, 0, 0],
    told: 0,
  },
  {
    pair: 'hedge × fallback',
    must: 'each attempt falls back by itself',
    settings: { hedge: HEDGE, fallback: 'dr' },
    run: async (world) => {
      await world.end(world.main, 2, NEVER_LEFT)
      await world.end(world.dr, 1, peer(0))
    },
    attempts: [2, 0, 0, 1],
    told: 0,
  },
  {
    pair: 'hedge × mirror',
    must: 'a call is mirrored once',
    settings: { hedge: HEDGE, mirror: MIRROR },
    run: (world) => world.end(world.main, 2, peer(0)),
    attempts: [2, 0, 1, 0],
    told: 0,
  },
  {
    pair: 'hedge × fault',
    must: 'the delay is over before the first attempt, and the next goes after its own',
    settings: { hedge: HEDGE, fault: DELAY },
    run: async (world) => {
      await until(() => world.main.attempts.length === 1, 'the first')
      await world.end(world.main, 2, peer(0))
    },
    attempts: [2, 0, 0, 0],
    told: 0,
  },
  {
    pair: 'hedge × breaker',
    must: 'a refused attempt leaves the first its chance',
    settings: { hedge: HEDGE },
    run: async (world) => {
      await world.end(world.main, 2, REFUSED)
      expect(world.told).toBeUndefined()
      await world.end(world.main, 1, peer(0))
    },
    attempts: [2, 0, 0, 0],
    told: 0,
  },
  {
    pair: 'split × fallback',
    must: 'the fallback is for the target, not for the split',
    settings: { split: SPLIT, fallback: 'dr' },
    run: async (world) => {
      await world.end(world.canary, 1, NEVER_LEFT)
      await world.end(world.dr, 1, peer(5))
    },
    attempts: [0, 1, 0, 1],
    told: 5,
  },
  {
    pair: 'split × mirror',
    must: 'the copy is one, wherever the call goes',
    settings: { split: SPLIT, mirror: MIRROR },
    run: (world) => world.end(world.canary, 1, peer(0)),
    attempts: [0, 1, 1, 0],
    told: 0,
  },
  {
    pair: 'split × fault',
    must: 'an aborted call goes nowhere',
    settings: { split: SPLIT, fault: ABORT },
    run: settle,
    attempts: [0, 0, 0, 0],
    told: 8,
  },
  {
    pair: 'split × breaker',
    must: 'what the target’s breaker refuses does not go elsewhere',
    settings: { split: SPLIT },
    run: (world) => world.end(world.canary, 1, REFUSED),
    attempts: [0, 1, 0, 0],
    told: 14,
  },
  {
    pair: 'fallback × mirror',
    must: 'the copy is one, also where the call falls back',
    settings: { fallback: 'dr', mirror: MIRROR },
    run: async (world) => {
      await world.end(world.main, 1, NEVER_LEFT)
      await world.end(world.dr, 1, peer(0))
    },
    attempts: [1, 0, 1, 1],
    told: 0,
  },
  {
    pair: 'fallback × fault',
    must: 'an aborted call does not fall back',
    settings: { fallback: 'dr', fault: ABORT },
    run: settle,
    attempts: [0, 0, 0, 0],
    told: 8,
  },
  {
    pair: 'fallback × breaker',
    must: 'what a breaker refuses does not fall back',
    settings: { fallback: 'dr' },
    run: (world) => world.end(world.main, 1, REFUSED),
    attempts: [1, 0, 0, 0],
    told: 14,
  },
  {
    pair: 'mirror × fault',
    must: 'an aborted call is not mirrored',
    settings: { mirror: MIRROR, fault: ABORT },
    run: settle,
    attempts: [0, 0, 0, 0],
    told: 8,
  },
  {
    pair: 'mirror × breaker',
    must: 'what the shadow’s breaker refuses is the shadow’s alone',
    settings: { mirror: MIRROR },
    run: async (world) => {
      await world.end(world.shadow, 1, REFUSED)
      expect(world.told).toBeUndefined()
      await world.end(world.main, 1, peer(0))
    },
    attempts: [1, 0, 1, 0],
    told: 0,
  },
]

test('the table has every pair', () => {
  const policies = ['retry', 'hedge', 'split', 'fallback', 'mirror', 'fault', 'breaker']
  const pairs = policies.flatMap((a, i) => policies.slice(i + 1).map((b) => [a, b]))
  const isRow = ([a, b]: string[]): boolean => ROWS.some(({ pair }) => pair === `${a} × ${b}` || pair === `${b} × ${a}`)
  // A fault is injected before there is a call that a breaker could count.
  expect(pairs.filter((pair) => !isRow(pair))).toEqual([['fault', 'breaker']])
})

describe('two policies on one route', () => {
  test.each(ROWS)('$pair: $must', async ({ settings, run, attempts, told }) => {
    const world = new World()
    world.begin(settings)
    await run(world)
    await until(() => world.told !== undefined, 'an answer')
    await settle()
    expect(world.counts).toEqual(attempts)
    expect(world.told).toBe(told)
  })

  test.each(ROWS)(
    '$pair: a caller that leaves is told once, and leaves nothing behind but a copy',
    async ({ settings }) => {
      const world = new World()
      const call = world.begin(settings)
      await settle()
      call.cancel()
      await until(() => world.told !== undefined, 'the end')
      await settle()
      for (const calls of [world.main, world.canary, world.dr]) {
        for (const attempt of calls.attempts) expect(attempt.isCancelled).toBe(true)
      }
      for (const attempt of world.shadow.attempts) expect(attempt.isCancelled).toBe(false)
    },
  )
})
