import { afterEach, describe, expect, test } from '@jest/globals'
import { InsuredStore } from '../../../src/policies/limits/insured-store.js'
import type { Quota, RemoteStore, Verdict } from '../../../src/policies/limits/types.js'
import { until } from '../../support/calls.js'

/* What becomes of requests while a store in another process is away. */

const quota: Quota = { name: 'a', points: 2, seconds: 3600, burst: 0, isPrivate: false, id: 'a' }
const COUNTED: Verdict = { isAllowed: true, remaining: 7, msBeforeNext: 1000 }

/** A store that does as it is told. */
class ScriptedStore implements RemoteStore {
  readonly name = 'a store'
  state: 'well' | 'silent' | 'failing' = 'well'
  asked = 0
  resets = 0
  readonly #waiting: ((verdict: Verdict) => void)[] = []

  limiter(): { consume(): Promise<Verdict> } {
    return {
      consume: () => {
        this.asked++
        if (this.state === 'failing') return Promise.reject(new Error('out of order'))
        if (this.state === 'well') return Promise.resolve(COUNTED)
        return new Promise((resolve) => this.#waiting.push(resolve))
      },
    }
  }

  /** What it was asked while it was silent is answered after all. */
  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve(COUNTED)
  }

  reset(): void {
    this.resets++
  }
  open(): void {}
  keep(): void {}
  close(): void {}
}

let store: InsuredStore
afterEach(() => store.close())

function insure(remote: RemoteStore, { failOpen = false, timeoutMs = 30 } = {}) {
  const notes: string[] = []
  store = new InsuredStore(remote, {
    timeoutMs,
    failOpen,
    probeEveryMs: 5,
    notes: (level, text) => notes.push(`${level} ${text}`),
  })
  const limiter = store.limiter(quota)
  return { notes, consume: (waitMs = timeoutMs) => limiter.consume('key', 1, waitMs) }
}

describe.each(['silent', 'failing'] as const)('a store that is %s', (state) => {
  test('is asked once, then this process counts', async () => {
    const remote = new ScriptedStore()
    const { consume, notes } = insure(remote, { timeoutMs: 5 })
    expect(await consume()).toBe(COUNTED)
    remote.state = state
    const verdicts = [await consume(), await consume(), await consume(), await consume()]
    expect(verdicts.map((verdict) => verdict?.isAllowed)).toEqual([true, true, false, false])
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatch(
      /^warn limits: a store is away \((?:no answer within 5 ms|out of order)\): until it is back/,
    )
  })

  test('is asked again in the background, and counts when it is back', async () => {
    const remote = new ScriptedStore()
    const { consume, notes } = insure(remote)
    remote.state = state
    await consume()
    const before = remote.asked
    await until(() => remote.asked > before + 2, 'probes')
    remote.state = 'well'
    await until(() => notes.length === 2, 'the store to be back')
    expect(notes[1]).toBe('info limits: a store is back: it counts again')
    expect(await consume()).toBe(COUNTED)
  })

  test('has its connection made anew when probes go on failing', async () => {
    const remote = new ScriptedStore()
    const { consume } = insure(remote, { timeoutMs: 2 })
    remote.state = state
    await consume()
    await until(() => remote.resets >= 2, 'two resets')
  })

  test('failOpen: requests pass uncounted', async () => {
    const remote = new ScriptedStore()
    const { consume, notes } = insure(remote, { failOpen: true })
    remote.state = state
    expect([await consume(), await consume(), await consume()]).toEqual([undefined, undefined, undefined])
    expect(notes).toHaveLength(1)
    expect(notes[0]).toContain('requests pass uncounted')
  })

  test('is not asked any more once it is closed', async () => {
    const remote = new ScriptedStore()
    const { consume, notes } = insure(remote)
    store.close()
    remote.state = state
    expect((await consume())?.remaining).toBe(1)
    expect(notes).toEqual([])
  })
})

test('a request that has waited its time is counted here, and tells nothing of the store', async () => {
  const remote = new ScriptedStore()
  const { consume, notes } = insure(remote)
  remote.state = 'silent'
  expect((await consume(0))?.remaining).toBe(1)
  expect((await consume(3))?.remaining).toBe(0)
  remote.state = 'well'
  expect(await consume()).toBe(COUNTED)
  expect(notes).toEqual([])
})

test('an answer that comes too late is nobody’s', async () => {
  const remote = new ScriptedStore()
  const { consume } = insure(remote)
  remote.state = 'silent'
  expect((await consume())?.remaining).toBe(1)
  remote.answer()
  expect((await consume())?.remaining).toBe(0)
})
